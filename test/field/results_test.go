package field

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/otwatch/otwatch/internal/page"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	resultsFile  = "testdata/results.json"
	fieldPage    = "../../docs/field.md"
	fieldSection = "field: written by make field"
	// longest is what a title may take of a line of the page.
	longest = 160
)

// result is what is committed of a row.
type result struct {
	True    string   `json:"true"`
	Said    []string `json:"said"`
	Verdict string   `json:"verdict"`
	Wrong   []string `json:"wrong,omitempty"`
	Started string   `json:"started,omitempty"` // inside, outside: of the interval of spans.started
}

// result judges what was seen of a row.
func (r row) result(s seen) result {
	if s.refused != "" {
		return r.refusal(s.refused)
	}
	j := r.judge(s.report, s.truth)
	got := result{Verdict: j.verdict(), Wrong: j.complaints}
	var truths, figures []string
	for _, f := range r.all() {
		truths = append(truths, fmt.Sprintf("%v %s", f.true(s.truth), f.name))
		figures = append(figures, f.name+" "+shown(f.of(s.report)))
	}
	got.True, got.Said = strings.Join(truths, ", "), []string{strings.Join(figures, ", ")}
	for _, f := range s.report.Findings {
		got.Said = append(got.Said, headline(f))
	}
	if !r.uncount {
		got.Started = map[bool]string{true: "inside", false: "outside"}[j.inside]
	}
	return got
}

// all are the figures of a row.
func (r row) all() []figure {
	if r.uncount {
		return r.figures
	}
	return append([]figure{startedFigure}, r.figures...)
}

// clocks are times of the day, which no page has.
var clocks = regexp.MustCompile(`\d\d:\d\d:\d\d UTC`)

// places are paths of this machine, up to what is the same on all.
var places = regexp.MustCompile(`/[^ ]*/(programs/|pkg/mod/)`)

// headline is a finding in a line.
func headline(f report.Finding) string {
	line := places.ReplaceAllString(clocks.ReplaceAllString(fmt.Sprintf("%s %s: %s", f.Severity, f.ID, f.Title), "…"), "$1")
	if len(line) > longest {
		line = line[:longest] + "…"
	}
	if f.Because != "" {
		line += " (because of " + f.Because + ")"
	}
	if !f.Holds() {
		line += " (past)"
	}
	return line
}

// refusal is the result where otwatch does not attach.
func (r row) refusal(message string) result {
	_, why, _ := strings.Cut(message, ") ")
	got := result{Said: []string{"refused: it " + strings.TrimSpace(why)}, Verdict: right}
	if r.refuses == "" || !strings.Contains(message, r.refuses) {
		got.Verdict, got.Wrong = wrong, []string{"refused for another reason"}
	}
	return got
}

// results are those of all rows, by name.
type results map[string]result

func readResults(t *testing.T) results {
	t.Helper()
	all := results{}
	content, err := os.ReadFile(resultsFile)
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

var writing sync.Mutex

// write puts a row's result into the file and the page.
func (r row) write(t *testing.T, got result) {
	t.Helper()
	writing.Lock()
	defer writing.Unlock()
	all := readResults(t)
	all[r.name] = got
	content, err := json.MarshalIndent(all, "", "\t")
	if err == nil {
		err = os.WriteFile(resultsFile, append(content, '\n'), 0o644)
	}
	if err == nil {
		err = page.Replace(fieldPage, fieldSection, all.table())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// table has a line for each row, and what came of all.
func (all results) table() string {
	var b strings.Builder
	b.WriteString("| Situation | Program | True | otwatch said | Verdict |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		got, ok := all[r.name]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "| **%s**: %s | %s | %s | %s | %s |\n",
			r.name, r.report(), r.ran(), cmp.Or(got.True, "—"), cell(got.Said), cell(append([]string{got.Verdict}, got.Wrong...)))
	}
	return b.String() + "\n" + all.summary() + "\n"
}

// summary is what came of all rows.
func (all results) summary() string {
	count, inside, counted := map[string]int{}, 0, 0
	for _, got := range all {
		count[got.Verdict]++
		if got.Started != "" {
			counted++
		}
		if got.Started == "inside" {
			inside++
		}
	}
	return fmt.Sprintf("Of %d rows, %d are right, %d partly, and %d wrong. `spans.started` has the true number inside its interval in %d of %d.",
		len(all), count[right], count[partly], count[wrong], inside, counted)
}

// report is what people have reported, and where.
func (r row) report() string {
	if r.reported == "" {
		return r.situation
	}
	return r.situation + " (" + r.reported + ")"
}

// cell is a cell of several lines.
func cell(lines []string) string {
	var escaped []string
	for _, line := range lines {
		escaped = append(escaped, escape(line))
	}
	return strings.Join(escaped, "<br>")
}

// escape lets a text stand in a cell.
func escape(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ", "`", "'").Replace(text)
}

// ran is how the program was run.
func (r row) ran() string {
	text := strings.TrimSpace(r.program.name + " " + r.args)
	if r.env != "" {
		text = r.env + " " + text
	}
	text = "`" + text + "`"
	if r.program.modules != "" {
		text += " with OpenTelemetry of " + r.program.modules
	}
	return text
}

// TestPage compares the page with the results.
func TestPage(t *testing.T) {
	committed, err := os.ReadFile(fieldPage)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "field.md")
	if err := os.WriteFile(copied, committed, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := page.Replace(copied, fieldSection, readResults(t).table()); err != nil {
		t.Fatal(err)
	}
	if written, err := os.ReadFile(copied); err != nil || !bytes.Equal(written, committed) {
		t.Errorf("%s does not have what %s yields: make field writes both", fieldPage, resultsFile)
	}
}
