package view

import (
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	sparkWidth = 20
	stageWidth = 10 // of the longest bar
	busiest    = 5  // rows of span names and of call sites
)

// frame is what the view shows of one target.
type frame report.Frame

func framesOf(latest []report.Frame) []frame {
	frames := make([]frame, len(latest))
	for i, f := range latest {
		frames[i] = frame(f)
	}
	return frames
}

// Render draws one target's live view within s, without a line break at the end. aside
// is shown before the time, keys at the end of the last line.
func Render(f report.Frame, aside string, keys []string, s Screen) string {
	return strings.Join(fit(frame(f).rows(aside, hints(s, keys)), s), "\n")
}

// rows returns all subjects, in order.
func (f frame) rows(aside, keys string) []row {
	rows := []row{f.header(aside), {rank: blank}}
	if f.State != "" {
		rows = append(rows, row{label: "STATE", style: heading, parts: []part{styled(f.State, warning)}})
	}
	rows = append(append(rows, f.openTelemetry()...), f.tracing()...)
	rows = append(rows, f.spans(), f.export(), f.queue())
	rows = append(rows, f.processors()...)
	rows = append(rows, f.request()...)
	rows = append(rows, f.process())
	rows = append(rows, f.findings()...)
	rows = append(rows, f.names()...)
	rows = append(rows, f.sites()...)
	rows = append(rows, f.missing()...)
	return append(rows, row{rank: blank}, f.otwatch(keys))
}

func (f frame) header(aside string) row {
	t := f.Total.Target
	parts := []part{styled(cut(serviceName(t), 40), heading), text(fmt.Sprintf("pid %d", t.PID))}
	parts = append(parts, versions(t)...)
	if len(f.Total.Processors) == 1 {
		parts = append(parts, text(pipeline(f.Total.Processors[0])))
	}
	return row{label: "otwatch", style: heading, parts: parts, top: aside + elapsed(f.Total.Window.Seconds)}
}

// serviceName returns the name that the target gives itself, or else the name of its
// executable.
func serviceName(t report.Target) string {
	if t.ServiceName != "" {
		return t.ServiceName
	}
	if t.Exe != "" {
		return t.Exe[strings.LastIndexByte(t.Exe, '/')+1:]
	}
	return none
}

func versions(t report.Target) []part {
	var parts []part
	if t.GoVersion != "" {
		parts = append(parts, text(t.GoVersion))
	}
	if t.SDKVersion != "" {
		parts = append(parts, text("sdk "+t.SDKVersion))
	}
	return parts
}

// pipeline names a processor's kind and exporter: batch → otlp_grpc.
func pipeline(p report.Processor) string {
	if p.Exporter == "" {
		return p.Kind
	}
	return p.Kind + " → " + exporterName(p.Exporter)
}

// tracing shows the cost of tracing since attach, because a share needs as many samples
// as possible.
func (f frame) tracing() []row {
	r := f.Total
	head := row{name: "TRACING", label: "TRACING", style: heading, rank: essential}
	if r.CPU.Tracing.Share == nil {
		head.parts = []part{styled("tracing's share of the CPU is not measured yet", quiet)}
		return []row{head}
	}
	share := withInterval(r.CPU.Tracing.Share, estimate.PercentDigits, " % of the process's CPU")
	head.parts = []part{text(share)}
	if used := r.CPU.Tracing.Seconds; used != nil && r.Window.Seconds > 0 && r.Known("cpu.process_seconds") {
		head.parts = append(head.parts, text(coresOf(used.Value/r.Window.Seconds, r.CPU.ProcessSeconds/r.Window.Seconds)))
	}
	if direct := r.CPU.Tracing.Direct; direct != nil {
		head.parts = append(head.parts, text(estimate.Percent(direct.Value)+" direct"))
	}
	if r.Spans.CostUS != nil {
		head.parts = append(head.parts, text(marked(r.Spans.CostUS, microseconds)+"/span"))
	}
	return append([]row{head}, f.stages()...)
}

func processCores(r report.Report) string {
	if r.Window.Seconds <= 0 || !r.Known("cpu.process_seconds") {
		return none + " cores"
	}
	return cores(r.CPU.ProcessSeconds / r.Window.Seconds)
}
