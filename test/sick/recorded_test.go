package sick

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
)

const (
	drawnFile = "testdata/drawn.json"
	page      = "../../docs/proof.md"
	// largest is what a recording may take of the repository.
	largest = 200_000
)

// TestRecorded judges every row by what was recorded of it. The page of the
// documentation is what this yields.
func TestRecorded(t *testing.T) {
	var results matrix
	recorded := readDrawn(t)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			file, err := os.Stat(r.recording())
			if err != nil {
				t.Fatalf("%v; go test ./test/sick -run 'TestLive/rows/%s' -update records it", err, r.name)
			}
			if file.Size() > largest {
				t.Errorf("%s has %d bytes, want no more than %d", r.recording(), file.Size(), largest)
			}
			results.put(t, r, recorded[r.name], r.recording(), false)
		})
	}
	checkPage(t, results.table())
}

// checkPage compares the page's section with the table, or writes it.
func checkPage(t *testing.T, table string) {
	t.Helper()
	const begin, end = "<!-- matrix: written by go test ./test/sick -run TestRecorded -update -->\n", "<!-- /matrix -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	section, after, closed := strings.Cut(rest, end)
	switch {
	case !found || !closed:
		t.Fatalf("%s has no section %q … %q", page, begin, end)
	case section == table:
	case !*update:
		t.Errorf("%s does not have what the recordings yield: go test ./test/sick -run TestRecorded -update", page)
	default:
		if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readDrawn(t *testing.T) map[string]drawn {
	t.Helper()
	all := map[string]drawn{}
	content, err := os.ReadFile(drawnFile)
	if errors.Is(err, fs.ErrNotExist) {
		return all
	}
	if err == nil {
		err = json.Unmarshal(content, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var remembering sync.Mutex

// remember keeps what a recording was made with.
func remember(t *testing.T, r row, d drawn) {
	t.Helper()
	remembering.Lock()
	defer remembering.Unlock()
	all := readDrawn(t)
	all[r.name] = d
	content, err := json.MarshalIndent(all, "", "\t")
	if err == nil {
		err = os.WriteFile(drawnFile, append(content, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
