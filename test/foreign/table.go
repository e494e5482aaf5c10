package main

import (
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// table has a line for each program.
func table(results []result) string {
	var b strings.Builder
	b.WriteString("| Program | Go | SDK | Load | Spans ended | Exported | Received | Tracing's share of the CPU | Findings | Not measured | Afterwards |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.name, r.version, r.report.Target.GoVersion, r.report.Target.SDKVersion,
			r.load, count(r.report.Spans.Ended), count(r.report.Spans.Exported), r.received(), share(r.report.CPU.Tracing.Share), found(r.report), missing(r.report), verdict(r))
	}
	return b.String()
}

func count(e *estimate.Estimate) string {
	if e == nil {
		return "not claimed"
	}
	return fmt.Sprintf("%.0f", e.Value)
}

// received is how many spans the receiver got meanwhile.
func (r result) received() string {
	if r.least == r.most {
		return fmt.Sprint(r.least)
	}
	return fmt.Sprintf("%d to %d", r.least, r.most)
}

func share(e *estimate.Estimate) string {
	if e == nil {
		return "not claimed"
	}
	return fmt.Sprintf("%.1f %% (%.1f–%.1f)", 100*e.Value, 100*e.Low, 100*e.High)
}

func found(r report.Report) string {
	var found []string
	for _, f := range r.Findings {
		found = append(found, f.Severity+" "+f.ID)
	}
	return orElse(strings.Join(found, ", "), "—")
}

// missing lists what is not claimed, but for findings, which take their time.
func missing(r report.Report) string {
	var what []string
	for _, m := range r.Missing {
		if !strings.HasPrefix(m.What, "findings.") {
			what = append(what, m.What)
		}
	}
	return orElse(strings.Join(what, ", "), "—")
}

func verdict(r result) string {
	if len(r.wrong) > 0 {
		return "**" + strings.Join(r.wrong, "; ") + "**"
	}
	if r.request == nil {
		return "alive"
	}
	return fmt.Sprintf("alive, %d requests answered meanwhile", r.answers)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
