package report

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// Contradictory begins the reason of a figure that is missing or doubted because it contradicts
// others, or rests on such figures.
const Contradictory = "figures contradict each other: "

// Settled returns r without contradictions. Where figures contradict each other, their
// intervals reach to where they no longer do, none of them is exact, and `doubted` says why. A
// figure without an interval, and what rests on such figures, is missing.
func (r Report) Settled() Report {
	for _, rel := range Relations() {
		if by, why := rel.Excess(r); why != "" {
			r.settle(rel, by, why)
		}
	}
	for _, m := range r.silenced {
		r.silence(m)
	}
	return r
}

// settle widens or removes the figures of a relation, and removes what rests on them.
func (r *Report) settle(rel Relation, by float64, why string) {
	why = Contradictory + why
	for _, path := range slices.Concat(rel.less, rel.more) {
		if of, widens := doubtful[path]; widens {
			below, above := by, 0.0
			if slices.Contains(rel.more, path) {
				below, above = 0, by
			}
			of(r, below, above)
			r.doubt(path, why)
			continue
		}
		r.remove(path, why)
	}
	for _, path := range rel.rests {
		r.remove(path, why)
	}
}

// remove takes a figure, or a finding, out of the report.
func (r *Report) remove(path, why string) {
	if strings.HasPrefix(path, findingsPrefix) {
		g := Gaps(slices.Clone(r.silenced))
		g.Add(path, why)
		r.silenced = g
		return
	}
	removable[path](r)
	r.miss(path, why)
}

func (r *Report) miss(path, why string) {
	g := Gaps(slices.Clone(r.Missing))
	g.Add(path, why)
	r.Missing = g.Sorted()
}

// doubt notes that a figure contradicts others.
func (r *Report) doubt(path, why string) {
	g := Gaps(slices.Clone(r.Doubted))
	g.Add(path, why)
	r.Doubted = g.Sorted()
}

// silence removes a finding that rests on figures which contradict each other.
func (r *Report) silence(m snapshot.Missing) {
	id := strings.TrimPrefix(m.What, findingsPrefix)
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.ID == id })
	r.Judged = slices.DeleteFunc(slices.Clone(r.Judged), func(judged string) bool { return judged == id })
	r.miss(m.What, m.Why)
}

const findingsPrefix = "findings."

// Silences is the reason why a finding cannot be judged: it rests on figures of the report that
// contradict each other. It is "" if it does not.
func (r Report) Silences(finding string) string {
	return Gaps(r.silenced).Why(findingsPrefix + finding)
}

// doubtful are the figures with an interval, by path, and how each is widened: by how much
// it may be lower and higher.
var doubtful = map[string]func(r *Report, below, above float64){
	"spans.started":       widen(func(r *Report) **estimate.Estimate { return &r.Spans.Started }),
	"spans.ended":         widen(func(r *Report) **estimate.Estimate { return &r.Spans.Ended }),
	"spans.sampled":       widen(func(r *Report) **estimate.Estimate { return &r.Spans.Sampled }),
	"spans.exported":      widen(func(r *Report) **estimate.Estimate { return &r.Spans.Exported }),
	"spans.failed":        widen(func(r *Report) **estimate.Estimate { return &r.Spans.Failed }),
	"spans.dropped":       widen(func(r *Report) **estimate.Estimate { return &r.Spans.Dropped }),
	"spans.lost_at_exit":  widen(func(r *Report) **estimate.Estimate { return &r.Spans.LostAtExit }),
	"request.root_spans":  widen(func(r *Report) **estimate.Estimate { return &r.Request.RootSpans }),
	"cpu.instrumentation": widen(func(r *Report) **estimate.Estimate { return &r.CPU.Instrumentation }),
	"cpu.metrics":         widen(func(r *Report) **estimate.Estimate { return &r.CPU.Metrics }),
	"cpu.logs":            widen(func(r *Report) **estimate.Estimate { return &r.CPU.Logs }),
	"cpu.opentelemetry.share": func(r *Report, below, above float64) {
		widenShare(&r.CPU.OpenTelemetry, r.CPU.ProcessSeconds, below, above)
	},
	"cpu.tracing.seconds":  widen(func(r *Report) **estimate.Estimate { return &r.CPU.Tracing.Seconds }),
	"cpu.tracing.share":    widenTracing,
	"cpu.stages.transport": widenTransport,
}

func widen(of func(*Report) **estimate.Estimate) func(*Report, float64, float64) {
	return func(r *Report, below, above float64) {
		if e := of(r); *e != nil {
			*e = wider(**e, below, above)
		}
	}
}

func wider(e estimate.Estimate, below, above float64) *estimate.Estimate {
	e.Low, e.High, e.Exact = min(e.Low, max(0, e.Low-below)), min(e.High+above, math.MaxFloat64), false
	return &e
}

// widenTracing widens tracing's share of the CPU time, and that of OpenTelemetry, which it is
// a part of.
func widenTracing(r *Report, below, above float64) {
	widenShare(&r.CPU.Tracing, r.CPU.ProcessSeconds, below, above)
	widenShare(&r.CPU.OpenTelemetry, r.CPU.ProcessSeconds, below, above)
}

// widenShare widens a share of the CPU time, and the same in seconds.
func widenShare(s *Share, processSeconds, below, above float64) {
	if s.Share != nil {
		s.Share = wider(*s.Share, below, above).Within(0, max(1, s.Share.Value))
	}
	if s.Seconds != nil {
		s.Seconds = wider(*s.Seconds, below*processSeconds, above*processSeconds)
	}
}

// widenTransport widens the stage of transport, and the indirect cost that it is part of.
func widenTransport(r *Report, below, above float64) {
	stages := maps.Clone(r.CPU.Stages)
	transport := stages["transport"]
	transport.Share = wider(*transport.Share, below, above)
	stages["transport"] = transport
	r.CPU.Stages = stages
	if t := &r.CPU.Tracing; t.Indirect != nil {
		t.Indirect = wider(*t.Indirect, below, above)
	}
}

// removable are the figures that cannot be widened, or that only rest on others, by path.
var removable = map[string]func(*Report){
	"spans.sampled":              func(r *Report) { r.Spans.Sampled = nil },
	"spans.cost_us":              func(r *Report) { r.Spans.CostUS = nil },
	"request":                    func(r *Report) { r.Request = Request{} },
	"request.cost_us":            func(r *Report) { r.Request.CostUS = nil },
	"request.blocked_us":         func(r *Report) { r.Request.BlockedUS = nil },
	"export":                     func(r *Report) { r.Export = Export{} },
	"export.batch":               func(r *Report) { r.Export.Batch = Batch{} },
	"export.duration_ms":         func(r *Report) { r.Export.DurationMS, r.Export.DurationEstimateMS = Quantiles{}, QuantileEstimates{} },
	"export.compression":         func(r *Report) { r.Export.Compression = nil },
	"queue":                      func(r *Report) { r.Queue = Queue{} },
	"cpu.opentelemetry":          func(r *Report) { r.CPU.OpenTelemetry = Share{} },
	"cpu.instrumentation_stages": func(r *Report) { r.CPU.InstrumentationStages = nil },
	"cpu.metrics_stages":         func(r *Report) { r.CPU.MetricsStages = nil },
	"cpu.logs_stages":            func(r *Report) { r.CPU.LogsStages = nil },
	"cpu.tracing.direct":         func(r *Report) { r.CPU.Tracing.Direct = nil },
	"cpu.tracing.indirect":       func(r *Report) { r.CPU.Tracing.Indirect = nil },
	"cpu.stages":                 func(r *Report) { r.CPU.Stages = nil },
	"names":                      func(r *Report) { r.Names = nil },
	"scopes":                     func(r *Report) { r.Scopes = nil },
	"leaks":                      func(r *Report) { r.Leaks = []Leak{} },
	"leaks.held_bytes":           withoutHeldBytes,
	"probe.target_cpu_seconds":   func(r *Report) { r.Probe.TargetCPUSeconds = 0 },
}

func withoutHeldBytes(r *Report) {
	r.Leaks = slices.Clone(r.Leaks)
	for i := range r.Leaks {
		r.Leaks[i].HeldBytes = nil
	}
}
