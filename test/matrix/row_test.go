package matrix

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// row is what running a combination showed.
type row struct {
	combination
	wrong   []string // what differs from the program's own count
	missing []string // figures that the report does not claim
}

// judge compares a report with what the program and its receiver counted.
func judge(c combination, o outcome) row {
	result := row{combination: c, missing: missing(o.report)}
	spans := o.report.Spans
	for _, figure := range []struct {
		name string
		got  *estimate.Estimate
		want int64
	}{
		{"started", spans.Started, made},
		{"ended", spans.Ended, made},
		{"exported", spans.Exported, o.delivered},
		{"failed", spans.Failed, 0},
		{"dropped", spans.Dropped, made - o.delivered},
	} {
		if figure.got == nil {
			result.wrong = append(result.wrong, figure.name+" not claimed")
		} else if figure.got.Value != float64(figure.want) {
			result.wrong = append(result.wrong, fmt.Sprintf("%s %v, not %d", figure.name, figure.got.Value, figure.want))
		}
	}
	if c.exporter.retries && (o.report.Export.Retried == nil || *o.report.Export.Retried != 1) {
		result.wrong = append(result.wrong, "the retried export not counted")
	}
	if p := o.report.Processors; len(p) != 1 || p[0].Exporter != c.exporter.shown || p[0].Settings == nil || p[0].Settings.MaxQueueSize != 256 {
		result.wrong = append(result.wrong, "processors "+inJSON(p))
	}
	if got := o.report.Target.SDKVersion; got != c.sdk.String() {
		result.wrong = append(result.wrong, "SDK version "+got)
	}
	return result
}

// inJSON shows a part of a report as a user sees it.
func inJSON(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// always are the figures that a run as short as the matrix's may not yield,
// whatever was built how.
var always = []string{"cpu", "alloc", "memory", "spans.cost_us", "findings", "names", "attributes", "sites", "spans.live", "spans.sampled", "spans.attribute_bytes", "request.cost_us", "export.compression"}

// missing lists the figures that this build in particular lacks.
func missing(r report.Report) []string {
	var figures []string
	for _, m := range r.Missing {
		everywhere := slices.ContainsFunc(always, func(prefix string) bool { return strings.HasPrefix(m.What, prefix) })
		if !everywhere && !slices.Contains(figures, m.What) {
			figures = append(figures, m.What)
		}
	}
	slices.Sort(figures)
	return figures
}

func TestJudge(t *testing.T) {
	c := combination{goReleases[0], newestSDK, modes[0], exporters[0]}
	exact := func(n float64) *estimate.Estimate { return &estimate.Estimate{Value: n, Exact: true} }
	right := func() outcome {
		var o outcome
		o.delivered = 1000
		once := uint64(1)
		o.report.Export.Retried = &once
		o.report.Target.SDKVersion = "v1.47.0"
		o.report.Spans = report.Spans{Started: exact(made), Ended: exact(made), Exported: exact(1000), Failed: exact(0), Dropped: exact(9)}
		o.report.Processors = []report.Processor{{Exporter: c.exporter.shown, Settings: &report.Settings{MaxQueueSize: 256}}}
		return o
	}
	if got := judge(c, right()); len(got.wrong) > 0 {
		t.Errorf("a right report is judged %q", got.wrong)
	}
	for name, spoil := range map[string]func(*outcome){
		"a span too many":      func(o *outcome) { o.report.Spans.Dropped = exact(10) },
		"nothing claimed":      func(o *outcome) { o.report.Spans.Ended = nil },
		"no retry":             func(o *outcome) { o.report.Export.Retried = nil },
		"no processor":         func(o *outcome) { o.report.Processors = nil },
		"another SDK's report": func(o *outcome) { o.report.Target.SDKVersion = "v1.7.0" },
	} {
		o := right()
		spoil(&o)
		if got := judge(c, o); len(got.wrong) != 1 {
			t.Errorf("%s: judged %q, want one complaint", name, got.wrong)
		}
	}
}
