package matrix

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/page"
)

// The section of docs/compatibility.md that runs write.
const pagePath, pageSection = "../../docs/compatibility.md", "combinations"

const pageHead = `| Go | SDK | build | exporter | counts | not measured | measured |
|---|---|---|---|---|---|---|
`

// lines are the rows of the page, the longest not measured first: a row that is
// measured goes to the end.
type lines []string

// readLines reads the page's rows. Those under another head are not its own.
func readLines() (lines, error) {
	text, err := readSection()
	return parseLines(text), err
}

// readSection reads the text between the section's marks.
func readSection() (string, error) {
	content, err := os.ReadFile(pagePath)
	_, rest, _ := strings.Cut(string(content), "<!-- "+pageSection+" -->\n")
	text, _, _ := strings.Cut(rest, "<!-- /"+pageSection+" -->")
	return text, err
}

func parseLines(section string) lines {
	_, rows, _ := strings.Cut(section, pageHead)
	return slices.DeleteFunc(strings.SplitAfter(rows, "\n"), func(l string) bool { return l == "" })
}

// record writes a row into the page.
func record(r row, measured string) error {
	known, err := readLines()
	if err != nil {
		return err
	}
	pairs := selections["pairs"]()
	return page.Replace(pagePath, pageSection, known.of(combinations(everySDK())).put(r, measured).section(pairs))
}

// cells begin a combination's row, and no other's.
func (c combination) cells() string {
	v := c.values()
	return "| " + strings.Join(v[:], " | ") + " | "
}

// find returns where a combination's row is, or -1.
func (l lines) find(c combination) int {
	cells := c.cells()
	return slices.IndexFunc(l, func(line string) bool { return strings.HasPrefix(line, cells) })
}

// of leaves out rows of combinations that all has no more.
func (l lines) of(all []combination) lines {
	belongs := map[int]bool{}
	for _, c := range all {
		belongs[l.find(c)] = true
	}
	var kept lines
	for i, line := range l {
		if belongs[i] {
			kept = append(kept, line)
		}
	}
	return kept
}

// put replaces a combination's row.
func (l lines) put(r row, measured string) lines {
	others := slices.Clone(l)
	if i := l.find(r.combination); i >= 0 {
		others = slices.Delete(others, i, i+1)
	}
	return append(others, fmt.Sprintf("%s%s | %s | %s |\n", r.cells(),
		orElse(strings.Join(r.wrong, "; "), "right"), orElse(strings.Join(r.missing, ", "), "—"), measured))
}

// due sorts combinations: those that have no row, then the longest not measured.
func (l lines) due(picked []combination) []combination {
	return slices.SortedStableFunc(slices.Values(picked), func(a, b combination) int { return cmp.Compare(l.find(a), l.find(b)) })
}

// section is the text of the page's section, which tells how many of the pairwise
// combinations have been run.
func (l lines) section(pairs []combination) string {
	run, right := 0, 0
	for _, c := range pairs {
		i := l.find(c)
		if i < 0 {
			continue
		}
		run++
		if strings.HasPrefix(l[i], c.cells()+"right |") {
			right++
		}
	}
	return fmt.Sprintf("Of %d combinations in which every pair of values occurs, %d have been run, and %d of these are right.\n\n%s%s",
		len(pairs), run, right, pageHead, strings.Join(l, ""))
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// TestRowsAccumulate has two slices of a set run, the second of which finds a
// count wrong that was right, and a row of what is built no more.
func TestRowsAccumulate(t *testing.T) {
	all := combinations(layouts)
	first, second, third := all[0], all[1], all[2]
	gone := combination{goRelease{minor: 20}, oldestSDK, modes[0], exporters[0]}
	var known lines
	for _, c := range []combination{gone, first, second} {
		known = known.put(row{combination: c}, "day 1 a")
	}
	known = parseLines(known.section(all[:3])).of(all).
		put(row{combination: first, wrong: []string{"ended 3, not 4"}, missing: []string{"export.retried"}}, "day 2 b")
	want := "Of 3 combinations in which every pair of values occurs, 2 have been run, and 1 of these are right.\n\n" + pageHead +
		second.cells() + "right | — | day 1 a |\n" +
		first.cells() + "ended 3, not 4 | export.retried | day 2 b |\n"
	if diff := gocmp.Diff(want, known.section([]combination{first, second, third})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(names([]combination{third, second, first}), names(known.due([]combination{first, second, third}))); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

// TestAnotherHeadBeginsAnew: rows of other columns are not taken for the page's.
func TestAnotherHeadBeginsAnew(t *testing.T) {
	if got := parseLines("| Go |\n|---|\n| 1.26 |\n"); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestPageIsOfItsRows: what the page tells of its rows is what they are.
func TestPageIsOfItsRows(t *testing.T) {
	text, err := readSection()
	if err != nil {
		t.Fatal(err)
	}
	want := parseLines(text).of(combinations(everySDK())).section(selections["pairs"]())
	if diff := gocmp.Diff(want, text); diff != "" {
		t.Errorf("make matrix WITHIN=1s would write (-want +got):\n%s", diff)
	}
}
