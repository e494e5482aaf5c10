package view

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/untrusted"
)

//go:embed pages.tmpl
var livePages string

//go:embed pages.css
var pagesStyle string

// PagesScript refreshes the pages of Index and TargetPage.
//
//go:embed pages.js
var PagesScript string

// PagesStyle is the style sheet of the pages.
func PagesStyle() string { return htmlStyle + pagesStyle }

// Index writes the page that has a table of all targets. A host is the machine's name.
func Index(w io.Writer, host string, latest []report.Frame) error {
	frames := byCost(latest)
	running, longest, tracing, all := costOfAll(frames)
	adds, lost, newest := watchingOfAll(frames)
	page := struct {
		Title, Host string
		Facts       []fact
		Columns     []string
		Rows        []indexRow
	}{Title: "otwatch", Host: host}
	if running > 0 {
		page.Facts = append(page.Facts, fact{"watched", plural(uint64(running), "target")}, fact{"for", elapsed(longest)})
	}
	if all > 0 {
		page.Facts = append(page.Facts, fact{"tracing takes", "≈" + coresOf(tracing, all)})
	}
	if newest.Window.Seconds > 0 {
		page.Facts = append(page.Facts, fact{"watching adds", estimate.Percent(adds) + " of a core to all"},
			fact{"otwatch uses", itself(newest)}, fact{"losses", losses(report.Probe{Lost: lost})[0].text})
	}
	for _, c := range indexColumns {
		page.Columns = append(page.Columns, c.name)
	}
	for _, f := range frames {
		page.Rows = append(page.Rows, newIndexRow(f))
	}
	return writePage(w, "index", page)
}

// indexRow is a target in the table.
type indexRow struct {
	Path, Service string
	Pod           string // "" if that is not known
	PID           int
	State         string
	Ended         bool
	Cells         []indexCell
	Worst         *report.Finding
	Others        int // findings that hold, too
}

type indexCell struct{ Name, Value string }

// indexColumns are the columns of numbers.
var indexColumns = []struct {
	name string
	cell func(frame) string
}{
	{"tracing", func(f frame) string {
		if used, ok := tracingCores(f); ok {
			return cores(used)
		}
		return none
	}},
	{"of its CPU", func(f frame) string { return marked(f.Total.CPU.Tracing.Share, estimate.Percent) }},
	{"spans ended", func(f frame) string { return rateOf(f.Recent.Spans.Ended, f.Recent) }},
	{"queue", func(f frame) string {
		if u := f.Total.Queue.Utilization; u != nil {
			return estimate.Percent(*u)
		}
		return none
	}},
	{"lost", func(f frame) string { return marked(sum(f.Total.Spans.Failed, f.Total.Spans.Dropped), count) }},
}

func newIndexRow(f frame) indexRow {
	r := indexRow{Path: TargetPath(f.Total), Service: serviceName(f.Total.Target), Pod: podOf(f.Total.Target), PID: f.Total.Target.PID, State: f.State, Ended: f.Ended}
	for _, c := range indexColumns {
		r.Cells = append(r.Cells, indexCell{c.name, c.cell(f)})
	}
	for _, finding := range bySeverity(f.Total.Findings) {
		switch {
		case !finding.Holds():
		case r.Worst == nil:
			r.Worst = &finding
		default:
			r.Others++
		}
	}
	return r
}

// TargetPath is the path of a target's page.
func TargetPath(r report.Report) string {
	return fmt.Sprintf("/target/%d-%d", r.Target.PID, r.Target.Origin.StartTicks)
}

// TargetPage writes the page that has one target's report. state says what has become of
// it, "" while it runs.
func TargetPage(w io.Writer, course report.Timeline, state string) error {
	page := struct {
		Title, State string
		Target       htmlTarget
	}{"otwatch: " + Sanitize(serviceName(course.Total.Target)), state, newHTMLTarget(0, course)}
	return writePage(w, "live", page)
}

func writePage(w io.Writer, name string, page any) error {
	var b bytes.Buffer
	if err := htmlPage.ExecuteTemplate(&b, name, page); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	_, err := (untrusted.Lines{W: w}).Write(b.Bytes())
	return err
}
