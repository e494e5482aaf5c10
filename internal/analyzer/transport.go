package analyzer

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// unevenCalls is how many times more, or less, the connection may work for an exporter's
// call than for another one, by what both work in the caller's goroutine: messages differ
// in size.
const unevenCalls = 3

// connections is whom gRPC connections work for. A connection's goroutines do not show it,
// but its callers do: a signal's share is that of its exporters in the samples in calls of
// gRPC clients. One more sample counts as the exporters', since few samples prove little, by
// how many exports each signal makes; the lower ends are without it. A signal whose exporters
// do not use gRPC has none.
func (c costModel) connections(s snapshot.Snapshot) shares {
	exports := c.grpcExports(s)
	if len(exports) == 0 {
		return shares{}
	}
	total, calls := 0.0, uint64(0)
	for class, n := range exports {
		total += n
		calls += c.Signal(class).ClientCalls
	}
	of := map[classify.Class]*estimate.Estimate{}
	for class, n := range exports {
		prior := 1 / float64(len(exports))
		if total > 0 {
			prior = n / total
		}
		of[class] = c.callers(c.Signal(class).ClientCalls, prior)
	}
	return shares{all: c.callers(calls, 1), of: of}
}

// callers is the share of the connections' work for calls, and for a part of one more.
func (c costModel) callers(calls uint64, part float64) *estimate.Estimate {
	if c.ClientCalls == 0 {
		return &estimate.Estimate{Value: part, Low: 0, High: 1}
	}
	share := estimate.Proportion(estimate.Ratio(calls, c.ClientCalls), c.ClientCalls)
	share.Value = (float64(calls) + part) / (float64(c.ClientCalls) + 1)
	share.Low, share.High = min(share.Value, uneven(share.Low, 1.0/unevenCalls)), max(share.Value, uneven(share.High, unevenCalls))
	return share
}

// uneven is a share of all work, if each unit of it is worth so many times as much.
func uneven(share, worth float64) float64 {
	return share * worth / (share*worth + 1 - share)
}

// grpcExports is how many exports each signal made over gRPC, as far as it is known. While
// exports are not observed, a signal may use gRPC if it was sampled in an exporter, and
// tracing if the program has a processor of the SDK.
func (c costModel) grpcExports(s snapshot.Snapshot) map[classify.Class]float64 {
	exports := map[classify.Class]float64{}
	for _, e := range s.Exports {
		if overGRPC(e.Component) {
			exports[classify.Tracing] += float64(e.Operations)
		}
	}
	for _, p := range s.Pipelines {
		for _, e := range p.Exporters {
			if overGRPC(e.Component) {
				exports[signalClass[p.Signal]] += float64(e.Durations.Count + e.Failures.Count)
			}
		}
	}
	unobserved := slices.ContainsFunc(slices.Concat(s.Missing, s.Gaps), func(m snapshot.Missing) bool { return m.Covers("export") })
	observed := map[classify.Class]bool{classify.Tracing: len(s.Exports) > 0, classify.Metrics: len(s.Pipelines) > 0, classify.Logs: len(s.Pipelines) > 0}
	for class, seen := range observed {
		p := c.Signal(class)
		mayExport := p.Exporting > 0 || class == classify.Tracing && len(s.Processors) > 0
		if !seen && unobserved && mayExport {
			exports[class] = 0 // not known
		}
	}
	return exports
}

func overGRPC(component string) bool { return strings.HasPrefix(component, "otlp_grpc") }

var signalClass = map[string]classify.Class{snapshot.Metrics: classify.Metrics, snapshot.Logs: classify.Logs}
