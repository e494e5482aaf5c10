package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/report"
)

// verdictStyles highlights the verdicts that need a look.
var verdictStyles = map[string]style{checklist.Fail: warning, checklist.Limited: warning, checklist.Unknown: quiet}

// Checklist writes the answers and the bottlenecks of one target as text, within the
// width of s.
func Checklist(w io.Writer, list checklist.Checklist, s Screen) error {
	s.Width = min(s.Width, widestSummary)
	p := &page{screen: s.colourless(), report: report.Report{Target: list.Target}}
	p.put(row{label: "otwatch", style: heading, parts: []part{text(list.Target.Exe), text(fmt.Sprintf("pid %d", list.Target.PID))}})
	p.section("CHECKLIST")
	for _, c := range list.Checks {
		p.sentence(styled("  "+c.Verdict, verdictStyles[c.Verdict]), c.Question, plain)
		p.sentence(nil, c.Evidence, quiet)
	}
	p.section("BOTTLENECKS")
	for _, b := range list.Bottlenecks {
		p.sentence(styled("  "+b.State, verdictStyles[b.State]), b.Category+" "+strings.Join(b.Findings, ", "), plain)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write checklist: %w", err)
	}
	return nil
}
