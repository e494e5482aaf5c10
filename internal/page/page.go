package page

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Table is a table of a page, which is also printed row by row.
type Table struct {
	Path    string // of the page; "": print only
	Section string // of the page, between <!-- section --> and <!-- /section -->
	Machine string // rows of another machine are dropped
	Header  []string
	Out     io.Writer

	printed bool
}

// Put prints a row and writes it into the page, in place of the row with the same first
// cell or else at the end.
func (t *Table) Put(row []string) error {
	if len(row) != len(t.Header) {
		return fmt.Errorf("a row of %d cells in the table %s, which has %d", len(row), t.Section, len(t.Header))
	}
	if !t.printed {
		t.printed = true
		fmt.Fprint(t.Out, "\n", line(t.Header), rule(len(t.Header)))
	}
	fmt.Fprint(t.Out, line(row))
	if t.Path == "" {
		return nil
	}
	text, err := os.ReadFile(t.Path)
	if err != nil {
		return fmt.Errorf("read the page of benchmarks: %w", err)
	}
	updated, err := t.update(string(text), row)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Path, err)
	}
	return os.WriteFile(t.Path, []byte(updated), 0o644)
}

var errSection = errors.New("the page has no such section")

// update returns the page with the row in the table's section.
func (t *Table) update(text string, row []string) (string, error) {
	before, section, after, err := cut(text, t.Section)
	if err != nil {
		return "", err
	}
	head := t.Machine + "\n\n" + line(t.Header) + rule(len(t.Header))
	rows, same := strings.CutPrefix(section, head)
	if !same {
		rows = ""
	}
	return before + head + place(rows, row) + after, nil
}

// place replaces the row with the same first cell, or appends the row.
func place(rows string, row []string) string {
	lines := strings.SplitAfter(rows, "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "| "+row[0]+" |") })
	if at < 0 {
		return strings.Join(append(lines, line(row)), "")
	}
	lines[at] = line(row)
	return strings.Join(lines, "")
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

func rule(columns int) string { return "|" + strings.Repeat("---|", columns) + "\n" }
