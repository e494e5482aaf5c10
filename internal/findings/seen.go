package findings

import (
	"math"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// seen is what rules judge by.
type seen struct {
	limits report.Limits
	// lately are the last judgeWindow intervals, ascending; flow is the Report
	// of them merged, but for the CPU.
	lately []snapshot.Snapshot
	merged snapshot.Snapshot
	flow   report.Report
	// past is all that is remembered, up to costReach, and remembered its samples.
	past       []snapshot.Snapshot
	remembered classify.Counts
	// cost is the Report of the shortest recent past with costSamples, census
	// its samples and names the spans read.
	cost      report.Report
	names     snapshot.Names
	census    classify.Counts
	queue     []estimate.Point // spans queued over seconds
	memory    memoryTrend
	leaks     []leak
	lastNames snapshot.Names // of the last spansOfName spans read, or more
	// courses are courseOf by the processor's address, and room is forecastRoom:
	// each once for all rules that ask.
	courses map[uint64]func() (course, bool)
	room    func() []report.Advice
}

// seenIn looks at the past of a target, which is not empty.
func seenIn(p history.Past, limits report.Limits) seen {
	s := seen{limits: limits, past: p.Recent, remembered: history.Sum(p.Counts), lately: p.Recent[max(0, len(p.Recent)-history.Lately):]}
	s.merged = snapshot.MergeAll(s.lately)
	s.merged.Samples = snapshot.Samples{}
	s.flow = analyzer.Analyze(s.merged)
	from := p.SampledFrom()
	sampled := snapshot.MergeAll(p.Recent[from:])
	s.census = history.Sum(p.Counts[from:])
	s.cost = analyzer.AnalyzeCounted(sampled, s.census)
	s.names = sampled.Names
	s.courses = map[uint64]func() (course, bool){}
	for _, p := range s.merged.Processors {
		s.courses[p.Address] = sync.OnceValues(func() (course, bool) { return courseOf(s.past, p.Address, limits.Work) })
	}
	s.room = sync.OnceValue(func() []report.Advice { return forecastRoom(s) })
	return s
}

// seconds is how long the intervals of lately took.
func (s seen) seconds() float64 { return s.merged.Elapsed.Seconds() }

// texts are those of all that is remembered: ten spans a second are looked at.
func (s seen) texts() (all snapshot.Texts) {
	for _, part := range s.past {
		all.Merge(part.Texts)
	}
	return all
}

// batched reports whether a batch processor feeds the exporter.
func (s seen) batched(exporter uint64) bool {
	for _, p := range s.merged.Processors {
		if p.Exporter == exporter && !p.Simple {
			return true
		}
	}
	return false
}

// fullest is the processor whose queue is the fullest, nil if there is none
// with a queue.
func (s seen) fullest() *snapshot.Processor {
	var fullest *snapshot.Processor
	var most float64
	for i := range s.merged.Processors {
		if p := &s.merged.Processors[i]; p.Settings.MaxQueueSize > 0 {
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

// tracing is tracing's share of the CPU and how large it surely is; ok is
// false where there are too few samples to judge by.
func (s seen) tracing() (share, low float64, ok bool) {
	e := s.cost.CPU.Tracing.Share
	if e == nil || s.census.Samples < minCostSamples {
		return 0, 0, false
	}
	return e.Value, e.Low, true
}

// ofTracing is a stage's part of all that tracing costs, 0..1.
func (s seen) ofTracing(stage string) float64 {
	total, _, ok := s.tracing()
	portion := s.cost.CPU.Stages[stage].Share
	if !ok || portion == nil || total == 0 {
		return 0
	}
	return portion.Value / total
}

// endpoint is the URL of a collector on a host, at the port of the protocol that
// the process exports by.
func (s seen) endpoint(host string) string {
	for _, x := range s.merged.Exports {
		if x.Component == "otlp_http_span_exporter" {
			return "http://" + host + ":4318"
		}
	}
	return "http://" + host + ":4317"
}

// exportTimeout is the shortest of the processors' export timeouts, the
// longest there is where none is known.
func (s seen) exportTimeout() time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for _, p := range s.merged.Processors {
		if p.Settings.ExportTimeout > 0 {
			shortest = min(shortest, p.Settings.ExportTimeout)
		}
	}
	return shortest
}

// cores is how many CPUs the process has kept busy, in all that is remembered.
func (s seen) cores() float64 {
	var cpu, elapsed time.Duration
	for _, part := range s.past {
		cpu += part.Process.CPU
		elapsed += part.Elapsed
	}
	if elapsed <= 0 {
		return 0
	}
	return cpu.Seconds() / elapsed.Seconds()
}
