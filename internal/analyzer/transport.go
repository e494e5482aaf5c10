package analyzer

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// unevenCalls is how many times more, or less, the connection may work for an exporter's
// call than for another one, by what both work in the caller's goroutine: messages differ
// in size.
const unevenCalls = 3

// transportPart is the exporters' part of the work of gRPC connections. A connection's
// goroutines do not show whom they work for, but its callers do: the part is the
// exporters' share of the samples in calls of gRPC clients. One more sample counts as
// theirs, since few samples prove little; the lower end is without it. It is nil if no
// exporter uses gRPC.
func (c costModel) transportPart(s snapshot.Snapshot) *estimate.Estimate {
	if !c.mayUseGRPC(s) {
		return nil
	}
	if c.ClientCalls == 0 {
		return &estimate.Estimate{Value: 1, Low: 0, High: 1}
	}
	part := estimate.Proportion(estimate.Ratio(c.ExportersCalls, c.ClientCalls), c.ClientCalls)
	part.Value = (float64(c.ExportersCalls) + 1) / (float64(c.ClientCalls) + 1)
	part.Low, part.High = uneven(part.Low, 1.0/unevenCalls), max(part.Value, uneven(part.High, unevenCalls))
	return part
}

// uneven is a share of all work, if each unit of it is worth so many times as much.
func uneven(share, worth float64) float64 {
	return share * worth / (share*worth + 1 - share)
}

// mayUseGRPC reports whether an exporter uses gRPC. While exports are not observed, one may
// if the program has a processor of the SDK, or was sampled in an exporter.
func (c costModel) mayUseGRPC(s snapshot.Snapshot) bool {
	if len(s.Exports) == 0 {
		return (len(s.Processors) > 0 || c.Exporting > 0) && slices.ContainsFunc(slices.Concat(s.Missing, s.Gaps), func(m snapshot.Missing) bool { return m.Covers("export") })
	}
	return slices.ContainsFunc(s.Exports, func(e snapshot.Exporter) bool { return strings.HasPrefix(e.Component, "otlp_grpc") })
}
