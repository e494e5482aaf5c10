package matrix

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	cases  = flag.String("cases", "each", "which combinations to run: each (every value once), pairs (every pair of values) or all (of every SDK minor)")
	within = flag.Duration("within", 0, "start no further combination after this long; 0: no limit")
	write  = flag.Bool("write", false, "write docs/compatibility.md")
)

// selection is a way to pick combinations.
type selection struct {
	rule string // as docs/compatibility.md puts it
	pick func() []combination
}

// selections are the values of -cases.
var selections = map[string]selection{
	"each":  {"Combinations in which every value occurs once, not every pair", func() []combination { return cover(combinations(layouts), 1) }},
	"pairs": {"Combinations in which every pair of values occurs", func() []combination { return cover(combinations(layouts), 2) }},
	"all":   {"All combinations", func() []combination { return combinations(everySDK()) }},
}

// TestMatrix demands right counts of every build. A program that does not build
// or cannot be attached to is a failure too.
func TestMatrix(t *testing.T) {
	testtarget.NeedRoot(t)
	if testing.Short() {
		t.Skip("SKIPPED, compatibility untested: -short")
	}
	selected, ok := selections[*cases]
	if !ok {
		t.Fatalf("-cases=%s: it must be each, pairs or all", *cases)
	}
	otwatch := buildOtwatch(t)
	var rows []row
	retired := map[string]bool{}
	picked, began := selected.pick(), time.Now()
	for i, c := range picked {
		if *within > 0 && time.Since(began) > *within {
			t.Logf("%d of %d combinations run within %v", i, len(picked), *within)
			break
		}
		t.Run(c.String(), func(t *testing.T) {
			result := row{combination: c, wrong: []string{"not run"}}
			defer func() { rows = append(rows, result) }()
			path, err := build(t.TempDir(), c)
			if err != nil {
				t.Fatal(err)
			}
			addFound(t, retired, path)
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
	for _, symbol := range probes.Retired() {
		if !retired[symbol] && len(rows) == len(picked) {
			t.Errorf("no program has %s", symbol)
		}
	}
	if *write {
		if err := os.WriteFile("../../docs/compatibility.md", []byte(table(rows, selected.rule, len(picked))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// addFound adds the catalogue's retired functions that an executable has.
func addFound(t *testing.T, retired map[string]bool, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	binary, err := target.ReadBinary(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := binary.Functions(probes.Retired()...)
	if err != nil {
		t.Fatal(err)
	}
	for symbol := range found {
		retired[symbol] = true
	}
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
