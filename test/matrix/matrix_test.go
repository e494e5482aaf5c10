package matrix

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/page"
	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	cases  = flag.String("cases", "each", "which combinations to run: each (every value once), pairs (every pair of values) or all (of every SDK minor)")
	within = flag.Duration("within", 0, "start no further combination after this long; 0: no limit. What docs/compatibility.md has no row of comes first, then its oldest rows")
	write  = flag.Bool("write", false, "write each row into docs/compatibility.md as it is measured")
)

// selections are the values of -cases, each a part of the next.
var selections = map[string]func() []combination{
	"each":  func() []combination { return cover(combinations(layouts), 1) },
	"pairs": func() []combination { return cover(combinations(layouts), 2, cover(combinations(layouts), 1)...) },
	"all":   func() []combination { return combinations(everySDK()) },
}

// TestMatrix demands right counts of every build. A program that does not build
// or cannot be attached to is a failure too.
func TestMatrix(t *testing.T) {
	testtarget.NeedRoot(t)
	if testing.Short() {
		t.Skip("SKIPPED, compatibility untested: -short")
	}
	pick, ok := selections[*cases]
	if !ok {
		t.Fatalf("-cases=%s: it must be each, pairs or all", *cases)
	}
	otwatch := buildOtwatch(t)
	known, err := readLines()
	if err != nil {
		t.Fatal(err)
	}
	retired, ran := false, 0
	picked, began := known.due(pick()), time.Now()
	for i, c := range picked {
		if *within > 0 && time.Since(began) > *within {
			t.Logf("%d of %d combinations run within %v", i, len(picked), *within)
			break
		}
		t.Run(c.String(), func(t *testing.T) {
			result := row{combination: c, wrong: []string{"not run"}}
			defer func() {
				ran++
				if !*write {
					return
				}
				if err := record(result, page.Measured(time.Now())); err != nil {
					t.Error(err)
				}
			}()
			path, err := build(t.TempDir(), c)
			if err != nil {
				t.Fatal(err)
			}
			retired = retired || hasRetired(t, path)
			seen, err := run(t, otwatch, path, c)
			if err != nil {
				t.Fatal(err)
			}
			result = judge(c, seen)
			t.Logf("delivered %d, missing %q", seen.delivered, result.missing)
			for _, wrong := range result.wrong {
				t.Error(wrong)
			}
		})
	}
	if !retired && ran == len(picked) {
		t.Errorf("no program has %s", testtarget.Retired)
	}
}

// hasRetired reports whether an executable has the function that only older SDKs have.
func hasRetired(t *testing.T, path string) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	binary, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := binary.Functions(testtarget.Retired)
	if err != nil {
		t.Fatal(err)
	}
	return len(found[testtarget.Retired]) > 0
}

func buildOtwatch(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "otwatch")
	command := exec.Command("go", "build", "-o", path, "./cmd/otwatch")
	command.Dir = "../.."
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return path
}
