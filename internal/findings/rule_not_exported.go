package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minEnds is how many spans must end without a processor receiving one.
	minEnds = 30
	// minSilence is how long no processor must have received one.
	minSilence = 4 * time.Second
	// minUnsampled is how many spans must start without one being recorded: at 1 % sampling
	// ten are expected.
	minUnsampled = 1000
)

var notExported = rule{
	id: "not-exported", category: "Export",
	says:   "spans end and nothing exports them",
	when:   "critical: no processor has received a span for 4 s or longer, and 30 or more ended in windows meanwhile. Warning: the only exporter discards all spans (OTEL_TRACES_EXPORTER=none), or 10 % or more of the spans that ended in windows of the last minute, 100 or more, reached no processor while others did. Info: 1,000 spans started and none was sampled, or 10 % or more of those that ended are recorded only",
	clears: "a processor receives spans, its exporter does not discard them, and fewer than 10 % reach none or are recorded only",
	needs:  "too few spans have ended in windows",
	judge:  judgeNotExported,
}

func judgeNotExported(s facts) verdict {
	if exporter := discardedBy(s.lately.Exports); exporter != "" {
		return verdict{
			state: present, severity: report.Warning,
			title:    "spans are exported to nothing: " + exporter + " discards them",
			evidence: map[string]float64{"discarded": float64(spansOf(s.lately.Exports))},
			advice: []report.Advice{code("check OTEL_TRACES_EXPORTER (none discards all spans) and which exporter the program makes. " +
				"If nothing is to be exported, use the no-op provider: only the instrumentation costs something then")},
		}
	}
	if received(s.Last().Snapshot) {
		if v, ok := judgeUnreceived(s); ok {
			return v
		}
		return judgeRecordedOnly(s)
	}
	silence := s.silence()
	starts, ends, recorded := silence.calls("start"), silence.calls("end"), silence.calls("recording")
	switch {
	case silence.calls(customProcessor) > 0:
		return verdict{state: absent} // whether that exports them is not known
	case ends >= minEnds && !s.unprobed() && silence.elapsed() >= minSilence && s.processorsKnown(silence):
		why, silent := s.whyNotExported(silence), s.deliveries.now().Sub(s.deliveries.lastReceived())
		return verdict{
			state: present, atOnce: true, severity: report.Critical, since: s.deliveries.lastReceived(),
			title: fmt.Sprintf("spans end, and none has been exported for %s: %s", lasting(silent), why.text),
			evidence: map[string]float64{
				"ended_in_windows": float64(ends), "seconds": silent.Seconds(), "processors": float64(len(s.Total.Processors)),
			},
			advice: []report.Advice{code(why.advice)},
		}
	case ends == 0 && recorded == 0 && starts >= minUnsampled:
		return verdict{
			state: present, severity: report.Info, title: "no span is sampled, so nothing is exported",
			evidence: map[string]float64{"started_in_windows": float64(starts), "seconds": silence.elapsed().Seconds()},
			advice: []report.Advice{code("if this is not intended, check OTEL_TRACES_SAMPLER and its argument, and whether the callers " +
				"of this service sample: a parent-based sampler follows them")},
		}
	}
	return verdict{}
}

const (
	// minRecordedOnly is the share of the ended spans that are recorded only, and
	minRecordedOnly = 0.1
	// minRecordedEnds how many must end in windows of the last minute.
	minRecordedEnds = 100
)

// judgeRecordedOnly judges spans that are recorded and never exported, beside others that are.
// A span costs about the same whether it is exported or not, but for the export.
func judgeRecordedOnly(s facts) verdict {
	all := silence(s.Intervals)
	recorded, ends := all.calls("unsampled"), all.calls("end")
	if ends < minRecordedEnds {
		return verdict{state: absent}
	}
	part := estimate.Proportion(estimate.Ratio(min(recorded, ends), ends), ends)
	if part.Low < minRecordedOnly {
		return verdict{state: absent}
	}
	title := fmt.Sprintf("%s of the ended spans are recorded but not sampled, so the SDK's processors do not export them", estimate.Percent(part.Value))
	evidence := map[string]float64{"recorded_only_share": part.Value, "low": part.Low, "high": part.High}
	if share, _, ok := s.tracing(); ok {
		making := 0.0
		for _, stage := range []string{classify.StageCreate, classify.StageAttributes, classify.StageEnd} {
			making += s.ofTracing(stage) * share
		}
		title += fmt.Sprintf("; making them takes about %s of the CPU time", estimate.Percent(making*part.Value))
		evidence["recorded_only_cpu_share"] = making * part.Value
	}
	return verdict{
		state: present, severity: report.Info, title: title, evidence: evidence,
		advice: []report.Advice{code("return Drop from the sampler for spans that nothing needs: RecordOnly costs as much as a sampled span. " +
			"If a processor of your own chooses among them, sample whole traces in a collector instead")},
	}
}

// discardedBy names the exporter that discards spans, if no other one received any; "" if
// there is none.
func discardedBy(exporters []snapshot.Exporter) (component string) {
	for _, e := range exporters {
		switch {
		case e.Spans == 0:
		case !e.Discards():
			return ""
		default:
			component = e.Component
		}
	}
	return component
}

func spansOf(exporters []snapshot.Exporter) (spans uint64) {
	for _, e := range exporters {
		spans += e.Spans
	}
	return spans
}

// customProcessor is the probe on span processors that are not the SDK's.
const customProcessor = "custom-processor"

// received reports whether processors received spans, or exporters returned any.
func received(s snapshot.Snapshot) bool {
	return slices.ContainsFunc(s.Processors, func(p snapshot.Processor) bool { return p.Handed() > 0 }) ||
		slices.ContainsFunc(s.Exports, func(e snapshot.Exporter) bool { return e.Spans > 0 })
}

// silence is the intervals since a processor last received a span, as far as the Past
// reaches.
type silence []history.Interval

func (s facts) silence() silence {
	from := len(s.Intervals)
	for from > 0 && !received(s.Intervals[from-1].Snapshot) {
		from--
	}
	return s.Intervals[from:]
}

// calls is how many calls a counting probe counted.
func (s silence) calls(probe string) (n uint64) {
	for _, part := range s {
		n += part.CallsOf(probe)
	}
	return n
}

func (s silence) elapsed() (elapsed time.Duration) {
	for _, part := range s {
		elapsed += part.Elapsed
	}
	return elapsed
}

// processorsKnown reports whether it is known what processors received. It is not before
// they have been discovered, or where exports are not counted.
func (s facts) processorsKnown(silence silence) bool {
	if len(s.Total.Processors) == 0 {
		return silence.calls("span") == 0
	}
	return !report.Gaps(s.figures.Missing).Has("export")
}

// unprobed reports whether processors of the program's own may receive spans unseen: not all of
// them have a probe.
func (s facts) unprobed() bool { return report.Gaps(s.Last().Missing).Has(snapshot.Unreceived) }

// whyNot is why nothing is exported.
type whyNot struct{ text, advice string }

func (s facts) whyNotExported(silence silence) whyNot {
	called := silence.calls("span") > 0
	processor := func(is func(snapshot.Processor) bool) bool { return slices.ContainsFunc(s.Total.Processors, is) }
	switch {
	case len(s.Total.Processors) == 0:
		return whyNot{"no span processor receives them",
			"give the TracerProvider an exporter: sdktrace.WithBatcher(exporter). If nothing is to be exported, use the no-op provider: only the instrumentation costs something then"}
	case processor(func(p snapshot.Processor) bool { return p.Shutdowns.Count > 0 }):
		return whyNot{"their processor was shut down or unregistered",
			"shut a provider down only when the process ends, and do not use its tracers afterwards"}
	case called && processor(func(p snapshot.Processor) bool { return p.Exporter == 0 }):
		return whyNot{"their processor has no exporter (nil), and discards them",
			"check the error that the exporter's constructor returned: the provider was built with a nil exporter"}
	case called || silence.calls("unsampled") > 0:
		return whyNot{"they are recorded but not sampled, so their processor discards them",
			"return RecordAndSample from the sampler for spans that are to be exported: RecordOnly costs as much and exports nothing"}
	}
	return whyNot{"their processor no longer receives them",
		"check which TracerProvider the instrumentation uses: its spans reach no processor"}
}
