package findings

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/sdkconfig"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// facts are what rules judge by at the end of an interval.
type facts struct {
	history.Past
	wholeWatch
	limits report.Limits
	// lately is the last few intervals merged, figures is its Report.
	lately  snapshot.Snapshot
	figures report.Report
	// allCounts are the sample counts of all intervals of the Past, without lines and libraries.
	allCounts classify.Counts
	// sampled is the shortest time with enough samples to judge what tracing costs, cost is
	// its Report.
	sampled history.Interval
	cost    report.Report
	// exports are the last exports, by number rather than by time, and exporting is their
	// Report.
	exports   snapshot.Snapshot
	exporting report.Export
	// scenarios by the processor's address, and the result of forecastRoom: worked out
	// when the first rule asks.
	scenarios map[uint64]func() (scenario, bool)
	room      func() []report.Advice
	// minute is the Past merged, without what is costly to merge: worked out when the first
	// rule asks.
	minute func() history.Interval
	// configured is how the program is set up: worked out for the first advice.
	configured func() sdkconfig.Config
}

// factsOf works out what the rules need.
func factsOf(past history.Past, whole wholeWatch, limits report.Limits, work *untrusted.Budget) facts {
	lately, sampled := history.Merged(past.Lately()...), history.Merged(past.Sampled()...)
	s := facts{
		Past: past, wholeWatch: whole, limits: limits, lately: lately.Snapshot, figures: lately.Report(),
		sampled: sampled, cost: sampled.Report(), scenarios: map[uint64]func() (scenario, bool){},
	}
	last := exportsIn(past.Exporting())
	s.exports, s.exporting = last.Snapshot, last.Report().Export
	for _, part := range past.Intervals {
		c := part.Counts // without what is many, and what no rule needs of a minute
		c.Lines, c.Libraries, c.LibraryAllocs = nil, nil, nil
		s.allCounts.Add(c)
	}
	for _, p := range s.lately.Processors {
		s.scenarios[p.Address] = sync.OnceValues(func() (scenario, bool) { return scenarioOf(past.Intervals, p.Address, work) })
	}
	s.configured = sync.OnceValue(func() sdkconfig.Config { return sdkconfig.Of(s.Total) })
	s.room = sync.OnceValue(func() []report.Advice { return forecastRoom(s) })
	s.minute = sync.OnceValue(func() history.Interval { return exceptSamples(past.Intervals) })
	return s
}

// exceptSamples merges intervals without what is costly to merge.
func exceptSamples(parts []history.Interval) history.Interval {
	var light []history.Interval
	for _, part := range parts {
		light = append(light, history.Interval{Snapshot: snapshot.Snapshot{
			Elapsed: part.Elapsed, Counts: part.Snapshot.Counts, Processors: part.Processors, Exports: part.Exports, Names: part.Names, Stretches: part.Stretches,
			Flushes: part.Flushes, Pipelines: part.Pipelines, Missing: part.Missing, Gaps: part.Gaps,
		}})
	}
	return history.Merged(light...)
}

// verdict is a rule's answer. A rule is not asked if the figures that it rests on contradict
// each other.
func (s facts) verdict(r rule) verdict {
	if s.figures.Silences(r.id) != "" || s.cost.Silences(r.id) != "" {
		return verdict{}
	}
	return r.judge(s)
}

// exportsIn merges the exports of intervals, and nothing else. Most intervals of a quiet
// target have none: these are left out, but for the last one.
func exportsIn(parts []history.Interval) history.Interval {
	var exports []history.Interval
	for i, part := range parts {
		if i == len(parts)-1 || hasExports(part.Snapshot) {
			exports = append(exports, history.Interval{Snapshot: snapshot.Snapshot{
				Elapsed: part.Elapsed, Exports: part.Exports, Stretches: part.Stretches, Counts: retries(part.Snapshot), Missing: part.Missing, Gaps: part.Gaps,
			}})
		}
	}
	return history.Merged(exports...)
}

// hasExports reports whether exports returned or were tried again, or could not be counted.
func hasExports(s snapshot.Snapshot) bool {
	return s.CallsOf("retry") > 0 || report.Gaps(s.Gaps).Has("export") ||
		slices.ContainsFunc(s.Exports, func(e snapshot.Exporter) bool { return e.Operations > 0 })
}

// retries is the count of repeated attempts, if there is one.
func retries(s snapshot.Snapshot) []snapshot.Count {
	if i := slices.IndexFunc(s.Counts, func(c snapshot.Count) bool { return c.Probe == "retry" }); i >= 0 {
		return s.Counts[i : i+1]
	}
	return nil
}

// waiting is how long the oldest export in progress has been running; 0 if there is none.
func (s facts) waiting() time.Duration {
	var longest time.Duration
	for _, e := range s.Last().Exports {
		longest = max(longest, e.Waiting)
	}
	return longest
}

// seconds is the length of lately.
func (s facts) seconds() float64 { return s.lately.Elapsed.Seconds() }

// texts are those of the whole Past: only ten spans a second are read.
func (s facts) texts() (all snapshot.Texts) {
	for _, part := range s.Intervals {
		all.Merge(part.Texts)
	}
	return all
}

// batched reports whether a batch processor feeds the exporter.
func (s facts) batched(exporter uint64) bool {
	for _, p := range s.lately.Processors {
		if p.Exporter == exporter && !p.Simple {
			return true
		}
	}
	return false
}

// fullest is the processor whose queue is the fullest; nil if no processor has a queue.
func (s facts) fullest() *snapshot.Processor {
	var fullest *snapshot.Processor
	var most float64
	for i := range s.lately.Processors {
		if p := &s.lately.Processors[i]; p.Settings.MaxQueueSize > 0 {
			if u := utilization(*p); fullest == nil || u > most {
				fullest, most = p, u
			}
		}
	}
	return fullest
}

func utilization(p snapshot.Processor) float64 {
	return estimate.Ratio(p.After.Queue, p.Settings.MaxQueueSize)
}

// tracing is tracing's share of the CPU, and the lower end of its interval; ok is false if
// there are too few samples.
func (s facts) tracing() (share, low float64, ok bool) {
	e := s.cost.CPU.Tracing.Share
	if e == nil || s.sampled.Counts.Samples < minCostSamples {
		return 0, 0, false
	}
	return e.Value, e.Low, true
}

// ofTracing is a stage's share of the cost of tracing, 0..1.
func (s facts) ofTracing(stage string) float64 {
	total, _, ok := s.tracing()
	portion := s.cost.CPU.Stages[stage].Share
	if !ok || portion == nil || total == 0 {
		return 0
	}
	return portion.Value / total
}

// endpoint is the URL of a collector on a host, with the port of the protocol that the
// process uses.
func (s facts) endpoint(host string) string {
	for _, x := range s.lately.Exports {
		if x.Component == "otlp_http_span_exporter" {
			return "http://" + host + ":4318"
		}
	}
	return "http://" + host + ":4317"
}

// exportTimeout is the shortest of the processors' export timeouts; the longest Duration
// if none is known.
func (s facts) exportTimeout() time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for _, p := range s.lately.Processors {
		if p.Settings.ExportTimeout > 0 {
			shortest = min(shortest, p.Settings.ExportTimeout)
		}
	}
	return shortest
}

// cores is how many CPUs the process kept busy over the Past.
func (s facts) cores() float64 {
	var cpu, elapsed time.Duration
	for _, part := range s.Intervals {
		cpu += part.Process.CPU
		elapsed += part.Elapsed
	}
	if elapsed <= 0 {
		return 0
	}
	return cpu.Seconds() / elapsed.Seconds()
}

// minCostSamples is how many CPU samples the rules of cost need.
const minCostSamples = 400
