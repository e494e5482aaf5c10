package findings

import (
	"math"
	"sync"
	"time"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// seen is what rules judge by.
type facts struct {
	history.Past
	limits report.Limits
	// merged are the last few intervals together, flow is the Report of them.
	lately  snapshot.Snapshot
	figures report.Report
	// remembered are the samples of all intervals.
	allCounts classify.Counts
	// sampled are the fewest last intervals with enough samples, cost is the Report of them.
	sampled history.Interval
	cost    report.Report
	memory  memoryTrend
	leaks   []leak
	// courses are courseOf by the processor's address, and room is forecastRoom:
	// each once for all rules that ask.
	scenarios map[uint64]func() (scenario, bool)
	room      func() []report.Advice
}

// seenIn looks at the past of a target.
func factsOf(past history.Past, limits report.Limits) facts {
	lately, sampled := history.Merged(past.Lately()...), history.Merged(past.Sampled()...)
	s := facts{
		Past: past, limits: limits, lately: lately.Snapshot, figures: lately.Report(),
		sampled: sampled, cost: sampled.Report(), scenarios: map[uint64]func() (scenario, bool){},
	}
	for _, part := range past.Intervals {
		s.allCounts.Add(part.Counts)
	}
	for _, p := range s.lately.Processors {
		s.scenarios[p.Address] = sync.OnceValues(func() (scenario, bool) { return scenarioOf(past.Intervals, p.Address, limits.Work) })
	}
	s.room = sync.OnceValue(func() []report.Advice { return forecastRoom(s) })
	return s
}

// seconds is how long the intervals of merged took.
func (s facts) seconds() float64 { return s.lately.Elapsed.Seconds() }

// texts are those of all that is remembered: ten spans a second are looked at.
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

// fullest is the processor whose queue is the fullest, nil if there is none
// with a queue.
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

// tracing is tracing's share of the CPU and how large it surely is; ok is
// false where there are too few samples to judge by.
func (s facts) tracing() (share, low float64, ok bool) {
	e := s.cost.CPU.Tracing.Share
	if e == nil || s.sampled.Counts.Samples < minCostSamples {
		return 0, 0, false
	}
	return e.Value, e.Low, true
}

// ofTracing is a stage's part of all that tracing costs, 0..1.
func (s facts) ofTracing(stage string) float64 {
	total, _, ok := s.tracing()
	portion := s.cost.CPU.Stages[stage].Share
	if !ok || portion == nil || total == 0 {
		return 0
	}
	return portion.Value / total
}

// endpoint is the URL of a collector on a host, at the port of the protocol that
// the process exports by.
func (s facts) endpoint(host string) string {
	for _, x := range s.lately.Exports {
		if x.Component == "otlp_http_span_exporter" {
			return "http://" + host + ":4318"
		}
	}
	return "http://" + host + ":4317"
}

// exportTimeout is the shortest of the processors' export timeouts, the
// longest there is where none is known.
func (s facts) exportTimeout() time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for _, p := range s.lately.Processors {
		if p.Settings.ExportTimeout > 0 {
			shortest = min(shortest, p.Settings.ExportTimeout)
		}
	}
	return shortest
}

// cores is how many CPUs the process has kept busy, in all that is remembered.
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
