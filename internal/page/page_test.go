package page

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const empty = "# Benchmarks\n\n<!-- speed -->\n<!-- /speed -->\n\nThe end.\n"

func speed(path string) *Table {
	return &Table{Path: path, Section: "speed", Machine: "a machine", Header: []string{"load", "value"}, Out: io.Discard}
}

// TestRowsReplaceTheirLikes puts rows into an empty section.
func TestRowsReplaceTheirLikes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "benchmarks.md")
	if err := os.WriteFile(path, []byte(empty), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"slow", "1"}, {"fast", "2"}, {"slow", "3"}, {"slower", "4"}} {
		if err := speed(path).Put(row); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "# Benchmarks\n\n<!-- speed -->\na machine\n\n| load | value |\n|---|---|\n" +
		"| slow | 3 |\n| fast | 2 |\n| slower | 4 |\n<!-- /speed -->\n\nThe end.\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnotherMachineBeginsAnew(t *testing.T) {
	table := speed("")
	page, err := table.update(empty, []string{"slow", "1"})
	if err != nil {
		t.Fatal(err)
	}
	table.Machine = "another machine"
	if page, err = table.update(page, []string{"fast", "2"}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page, "slow") || !strings.Contains(page, "another machine") {
		t.Errorf("the page is:\n%s", page)
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	if err := speed("").Put([]string{"one cell"}); err == nil {
		t.Error("a row of one cell was put into a table of two")
	}
	for _, page := range []string{"", "<!-- speed -->\n", "<!-- /speed -->\n"} {
		if _, err := speed("").update(page, []string{"slow", "1"}); !errors.Is(err, errSection) {
			t.Errorf("page %q: %v, want %v", page, err, errSection)
		}
	}
}

func TestRowsArePrinted(t *testing.T) {
	var out strings.Builder
	table := speed("")
	table.Out = &out
	for _, row := range [][]string{{"slow", "1"}, {"fast", "2"}} {
		if err := table.Put(row); err != nil {
			t.Fatal(err)
		}
	}
	want := "\n| load | value |\n|---|---|\n| slow | 1 |\n| fast | 2 |\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSectionsAreReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cases.md")
	if err := os.WriteFile(path, []byte(empty), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first\n", "second\n"} {
		if err := Replace(path, "speed", text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Benchmarks\n\n<!-- speed -->\nsecond\n<!-- /speed -->\n\nThe end.\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := Replace(path, "distance", "far"); !errors.Is(err, errSection) {
		t.Errorf("%v, want %v", err, errSection)
	}
}
