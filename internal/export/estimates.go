package export

import (
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxSites bounds the lines of code that have series of their own.
const maxSites = 5

// estimates has a point for a figure and one for each of its bounds.
func estimates(figure func(report.Report) *estimate.Estimate) data {
	return bounds(func(r report.Report) []point[*estimate.Estimate] { return single(figure(r)) })
}

// bounds has a point for each known figure and one for each of its bounds.
func bounds(figures func(report.Report) []point[*estimate.Estimate]) data {
	return numbers(func(r report.Report) []point[float64] {
		known := figures(r)
		points := make([]point[float64], 0, 3*len(known))
		for _, p := range known {
			if p.value == nil {
				continue
			}
			bound := func(which string) []attribute.KeyValue {
				return append(slices.Clip(p.attributes), estimateBound.String(which))
			}
			points = append(points, point[float64]{p.attributes, p.value.Value},
				point[float64]{bound("low"), p.value.Low}, point[float64]{bound("high"), p.value.High})
		}
		return points
	})
}

// inSeconds converts microseconds: every duration of the conventions is in seconds.
func inSeconds(us *estimate.Estimate) *estimate.Estimate {
	if us == nil {
		return nil
	}
	return us.Times(1e-6)
}

// stageShares has a point for each stage, in the order of their names.
func stageShares(r report.Report) []point[*estimate.Estimate] {
	var points []point[*estimate.Estimate]
	for _, stage := range slices.Sorted(maps.Keys(r.CPU.Stages)) {
		points = append(points, point[*estimate.Estimate]{[]attribute.KeyValue{tracingStage.String(stage)}, r.CPU.Stages[stage].Share})
	}
	return points
}

// signalStageShares has a point for each stage of metrics and logs, in the order of their
// names.
func signalStageShares(r report.Report) []point[*estimate.Estimate] {
	var points []point[*estimate.Estimate]
	for _, of := range []struct {
		signal string
		stages map[string]report.Portion
	}{{snapshot.Logs, r.CPU.LogsStages}, {snapshot.Metrics, r.CPU.MetricsStages}} {
		for _, stage := range slices.Sorted(maps.Keys(of.stages)) {
			points = append(points, point[*estimate.Estimate]{[]attribute.KeyValue{signalKey.String(of.signal), stageKey.String(stage)}, of.stages[stage].Share})
		}
	}
	return points
}

func signalShares(r report.Report) []point[*estimate.Estimate] {
	return []point[*estimate.Estimate]{
		{[]attribute.KeyValue{signalKey.String("traces")}, r.CPU.Tracing.Share},
		{[]attribute.KeyValue{signalKey.String("metrics")}, r.CPU.Metrics},
		{[]attribute.KeyValue{signalKey.String("logs")}, r.CPU.Logs},
	}
}

// neverEndedBySite has the lines with the most spans that are never ended, which a Report
// lists first. Lines of one place, which only callers tell apart, are one.
func neverEndedBySite(r report.Report) []point[*estimate.Estimate] {
	var points []point[*estimate.Estimate]
	seen := map[attribute.Distinct]bool{}
	for _, l := range r.Leaks {
		attributes := []attribute.KeyValue{semconv.CodeFunctionName(l.Function)}
		if l.File != "" {
			attributes = append(attributes, semconv.CodeFilePath(l.File), semconv.CodeLineNumber(l.Line))
		}
		set := attribute.NewSet(attributes...)
		if l.NeverEnded == nil || seen[set.Equivalent()] {
			continue
		}
		if seen[set.Equivalent()] = true; len(points) == maxSites {
			break
		}
		points = append(points, point[*estimate.Estimate]{attributes, l.NeverEnded})
	}
	return points
}

func encodedSize(r report.Report) []point[int64] {
	if r.Export.Bytes == nil {
		return nil
	}
	return single(int64(*r.Export.Bytes))
}

func sentSize(r report.Report) []point[int64] {
	if r.Export.Compression == nil {
		return nil
	}
	return single(int64(r.Export.Compression.SentBytes))
}

func compressionRatio(r report.Report) *estimate.Estimate {
	if r.Export.Compression == nil {
		return nil
	}
	return r.Export.Compression.Ratio
}

// memoryGrowth is in bytes per second.
func memoryGrowth(r report.Report) *estimate.Estimate {
	if r.Memory.GrowthBytesPerMinute == nil {
		return nil
	}
	return r.Memory.GrowthBytesPerMinute.Times(1. / 60)
}
