package sick

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/findings"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/report"
)

// outcome is what was found of a program: severities by finding.
type outcome struct {
	atEnd map[string]string
	ever  map[string]string // the worst at any time, unless another finding was its cause
	// starved says that the machine did not give the program the CPU time that it asked for, so
	// that a finding may say so.
	starved bool
}

// judge judges a recording interval by interval, as it was judged live.
func judge(path string) (outcome, error) {
	file, err := os.Open(path)
	if err != nil {
		return outcome{}, err
	}
	defer file.Close()
	recorded, err := recording.NewReader(bufio.NewReader(file), nil)
	if err != nil {
		return outcome{}, fmt.Errorf("%s: %w", path, err)
	}
	judge, o := monitor.Monitor{Limits: recorded.Header.Limits}, outcome{ever: map[string]string{}}
	for {
		s, err := recorded.Next()
		if errors.Is(err, io.EOF) {
			return o, nil
		}
		if err != nil {
			return outcome{}, fmt.Errorf("%s: %w", path, err)
		}
		judge.Add(s)
		o.see(judge.Last(s).Findings)
	}
}

// see takes in the findings that hold after one more interval.
func (o *outcome) see(findings []report.Finding) {
	o.atEnd = map[string]string{}
	for _, f := range findings {
		if !f.Holds() {
			continue
		}
		o.atEnd[f.ID] = f.Severity
		if f.Because == "" && rank[f.Severity] > rank[o.ever[f.ID]] {
			o.ever[f.ID] = f.Severity
		}
	}
}

var rank = map[string]int{"info": 1, "warning": 2, "critical": 3}

// wrong lists how the outcome differs from what the row wants.
func (r row) wrong(o outcome) []string {
	var wrong []string
	wanted := map[string]bool{}
	for _, want := range r.want {
		severities, id, _ := strings.Cut(want, " ")
		wanted[id] = true
		if got := o.atEnd[id]; !slices.Contains(strings.Split(severities, "|"), got) {
			wrong = append(wrong, fmt.Sprintf("%s is %s at the end, want %s", id, orElse(got, "not found"), severities))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.ever)) {
		if beside := slices.Contains(r.beside, id) && o.ever[id] == "info"; !wanted[id] && !beside && !(o.starved && id == "cpu-starved") {
			wrong = append(wrong, fmt.Sprintf("%s (%s) has no cause", id, o.ever[id]))
		}
	}
	return wrong
}

// found lists the findings at the end as "severity id", in the order of the
// documentation.
func (o outcome) found() string {
	var found []string
	for _, d := range findings.Rules() {
		if severity := o.atEnd[d.ID]; severity != "" {
			found = append(found, severity+" "+d.ID)
		}
	}
	return orElse(strings.Join(found, ", "), "—")
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestWrong(t *testing.T) {
	r := row{want: []string{"critical span-drop", "warning|critical sampling-high"}, beside: []string{"hot-path"}}
	right := map[string]string{"span-drop": "critical", "sampling-high": "warning"}
	with := func(id, severity string) map[string]string {
		more := maps.Clone(right)
		more[id] = severity
		return more
	}
	tests := []struct {
		name        string
		atEnd, ever map[string]string
		complaints  int
	}{
		{"as wanted", right, right, 0},
		{"with what may stand beside", right, with("hot-path", "info"), 0},
		{"that is worse than info", right, with("hot-path", "warning"), 1},
		{"one more for a while", right, with("export-slow", "info"), 1},
		{"cleared", nil, right, 2},
		{"less severe", with("span-drop", "warning"), right, 1},
	}
	for _, test := range tests {
		if got := r.wrong(outcome{atEnd: test.atEnd, ever: test.ever}); len(got) != test.complaints {
			t.Errorf("%s: %q, want %d complaints", test.name, got, test.complaints)
		}
	}
}

// elsewhere are findings whose programs need an old SDK, a receiver of logs, or many instruments:
// these are in test/field, see "logs spin" and "metrics scraped".
var elsewhere = []string{"log-drop", "known-issue", "metrics-cost"}

// TestRows has every finding in a sick row, and the healthy and combined ones.
func TestRows(t *testing.T) {
	count, ill := map[string]int{}, map[string]bool{}
	for _, r := range rows {
		count[r.kind]++
		for _, want := range r.want {
			_, id, _ := strings.Cut(want, " ")
			ill[id] = ill[id] || r.kind == sick
		}
	}
	for _, d := range findings.Rules() {
		if !ill[d.ID] && !slices.Contains(elsewhere, d.ID) {
			t.Errorf("no sick program has %s: add a row", d.ID)
		}
	}
	if count[healthy] < 5 || count[combined] < 4 {
		t.Errorf("%v, want at least five healthy rows and four combined", count)
	}
}
