package field

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	update = flag.Bool("update", false, "write testdata/results.json and docs/field.md")
	every  = flag.Bool("every", false, "try every row, not only those of today")
	keep   = flag.String("keep", "", "keep recordings of the rows in this directory")
)

const (
	// perDay is how long the rows of a day may take.
	perDay = 150 * time.Second
	// atOnce is how many rows of small programs are tried at once: what takes long is to wait.
	atOnce = 4
	// building is what a program takes to build, with other modules than the one before.
	building = 30 * time.Second
)

// TestMain lets rows wait for each other, and removes what they built.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err)
	}
	directory, err := os.MkdirTemp("", "otwatch-field-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	builds.directory, builds.paths = directory, map[program]string{}
	code := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// TestField tries rows: those that measure a share of the CPU alone, then the others.
func TestField(t *testing.T) {
	testtarget.NeedRoot(t)
	testtarget.RunFirst(t)
	committed := readResults(t)
	t.Run("rows", func(t *testing.T) {
		for _, r := range chosen(time.Now()) {
			t.Run(r.name, func(t *testing.T) {
				if !r.alone {
					t.Parallel()
				}
				got := r.result(r.try(t))
				t.Logf("%s %q; true are %s; otwatch said %q", got.Verdict, got.Wrong, got.True, got.Said)
				if *update {
					r.write(t, got)
					return
				}
				if before, ok := committed[r.name]; !ok || slices.Index(verdicts, got.Verdict) < slices.Index(verdicts, before.Verdict) {
					t.Errorf("the row is %s, and was %q", got.Verdict, before.Verdict)
				}
			})
		}
	})
	t.Log(readResults(t).summary())
}

// chosen are the rows to try on a day.
func chosen(day time.Time) []row {
	if *every {
		return rows
	}
	days := days(rows)
	return days[day.Unix()/int64(24*time.Hour/time.Second)%int64(len(days))]
}

// days deals the rows out to days, each with no more than may be tried in a day.
func days(rows []row) (days [][]row) {
	var today []row
	var taken time.Duration
	for i, r := range rows {
		costs := r.watch / atOnce
		if r.alone {
			costs = r.watch
		}
		if i == 0 || r.program != rows[i-1].program {
			costs += building
		}
		if taken+costs > perDay && len(today) > 0 {
			days, today, taken = append(days, today), nil, 0
		}
		today, taken = append(today, r), taken+costs
	}
	return append(days, today)
}

// TestDays has each row on one day.
func TestDays(t *testing.T) {
	if got := slices.Concat(days(rows)...); len(got) != len(rows) {
		t.Errorf("%d of %d rows have a day", len(got), len(rows))
	}
}

// TestRows has names that differ.
func TestRows(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.name] || r.situation == "" || r.watch == 0 {
			t.Errorf("%q is not complete, or twice there", r.name)
		}
		names[r.name] = true
	}
	for name := range readResults(t) {
		if !names[name] {
			t.Errorf("%s has a row %q that is not there", resultsFile, name)
		}
	}
}
