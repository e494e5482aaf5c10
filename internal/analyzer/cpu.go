package analyzer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minSamples is from where on a share is claimed: one of 5 % then has an
	// interval of ± 2 points.
	minSamples = 400
	// modelError is the part of the estimate by which the model was found off
	// beside the samples' own error: with it the interval held the truth in
	// eight rows of nine.
	modelError = 0.05
	// apiShare is the part of the API's own frames that the no-op provider runs
	// as well, so that it is no cost of tracing against that.
	apiShare = 0.7
	// byteShareError is how far the share of allocating samples was from the
	// share of bytes, at the most, in four loads.
	byteShareError = 0.11
)

// census counts an interval's samples by class.
type census struct {
	kept    uint64
	classes [scheduler + 1]uint64
	stages  map[string]uint64
	apis    map[string]uint64 // of the stages' samples, those in the API itself
	malloc  [2]uint64         // samples allocating: all, and tracing's
	sync    uint64            // exporting on the application's goroutine
}

func takeCensus(stacks []snapshot.Stack) census {
	c := census{stages: map[string]uint64{}, apis: map[string]uint64{}}
	for _, stack := range stacks {
		v := classify(stack.Frames)
		c.kept += stack.Count
		c.classes[v.class] += stack.Count
		if v.class == tracing {
			c.stages[v.stage] += stack.Count
		}
		if v.api {
			c.apis[v.stage] += stack.Count
		}
		if v.sync {
			c.sync += stack.Count
		}
		if v.malloc && (v.class == tracing || v.class == application) {
			c.malloc[0] += stack.Count
			if v.class == tracing {
				c.malloc[1] += stack.Count
			}
		}
	}
	return c
}

func (c census) share(n uint64) float64 { return float64(n) / float64(c.kept) }

// bytesShare is tracing's share of the bytes allocated, for which its share of
// the samples that allocate stands. Without any it is that of tracing among all.
func (c census) bytesShare() float64 {
	if c.malloc[0] == 0 {
		return c.share(c.classes[tracing])
	}
	return float64(c.malloc[1]) / float64(c.malloc[0])
}

// cost is what tracing costs, as parts of the process's CPU time.
type cost struct {
	stages    map[string]float64
	total     float64
	halfWidth float64
}

// estimateCost adds to tracing's own frames what it causes elsewhere:
//
//	direct + transport + sweep·b + mark·(1+b)/2 + scheduler·q − 0.7·api
//
// b is tracing's share of allocated bytes; marking follows what is live rather,
// of which a queue full of spans is more. q is 1 where spans are exported on the
// application's goroutines, which then wait for each, and else 0. Transport is
// left out where no exporter speaks gRPC; an application's own gRPC clients are
// not told from the exporter's.
func (c census) estimateCost(overGRPC bool) cost {
	b, q := c.bytesShare(), 0.0
	if 2*c.sync > c.classes[tracing] {
		q = 1
	}
	swept, marked := c.share(c.classes[sweep]), c.share(c.classes[mark])
	stages := map[string]float64{
		stageGC:        swept*b + marked*(1+b)/2,
		stageScheduler: c.share(c.classes[scheduler]) * q,
	}
	if overGRPC {
		stages[stageTransport] = c.share(c.classes[transport])
	}
	for stage, n := range c.stages {
		stages[stage] = c.share(n) - apiShare*c.share(c.apis[stage])
	}
	var total float64
	for _, stage := range slices.Sorted(maps.Keys(stages)) { // a float sum depends on its order
		total += stages[stage]
	}
	binomial := estimate.Z95 * math.Sqrt(total*(1-total)/float64(c.kept))
	allocation := (swept + marked/2) * byteShareError
	return cost{stages: stages, total: total, halfWidth: math.Sqrt(binomial*binomial + allocation*allocation + math.Pow(modelError*total, 2))}
}

// overGRPC reports whether spans are exported over gRPC, as far as is known.
func overGRPC(exporters []snapshot.Exporter) bool {
	return len(exporters) == 0 || slices.ContainsFunc(exporters, func(e snapshot.Exporter) bool {
		return strings.HasPrefix(e.Component, "otlp_grpc")
	})
}

// cpu judges the samples: what tracing costs, in all and by stage.
func cpu(s snapshot.Snapshot, g *gaps) (CPU, census) {
	used := CPU{ProcessSeconds: s.Process.CPU.Seconds(), Stages: map[string]Portion{}}
	c := takeCensus(s.Samples.Stacks)
	if g.has("cpu.tracing") {
		return used, c
	}
	if c.kept < minSamples {
		why := fmt.Sprintf("it takes %d CPU samples, and none are taken while probes stand on the path of every span", minSamples)
		if s.Samples.Hz == 0 {
			why = "CPU time was not sampled"
		}
		g.add("cpu.tracing", why)
		g.add("cpu.stages", why)
		return used, c
	}
	cost := c.estimateCost(overGRPC(s.Exports))
	share := estimate.Around(cost.total, cost.halfWidth, c.kept)
	used.Tracing.Share = share.Within(0, 1)
	used.Tracing.Seconds = used.Tracing.Share.Times(used.ProcessSeconds)
	for stage, share := range cost.stages {
		if share > 0 {
			used.Stages[stage] = Portion{Share: estimate.Proportion(share, c.kept)}
		}
	}
	return used, c
}

// costOfSpan is the mean CPU time of a started span, in microseconds.
func costOfSpan(r Report, g *gaps) *estimate.Estimate {
	seconds, started := r.CPU.Tracing.Seconds, r.Spans.Started
	if seconds == nil || started == nil || started.Value == 0 {
		g.add("spans.cost_us", "it is what tracing costs by the spans started, which are not both known")
		return nil
	}
	cost := seconds.Times(1e6 / started.Value)
	spread := (started.High - started.Low) / 2 / started.Value * cost.Value
	half := math.Hypot((cost.High-cost.Low)/2, spread)
	return estimate.Around(cost.Value, half, cost.N).Within(0, math.Inf(1))
}

// minAllocating is from how many samples of allocations on their share is
// claimed.
const minAllocating = 30

// alloc is tracing's share of the bytes that the process allocates.
func alloc(c census, g *gaps) Alloc {
	if g.has("alloc.tracing_share") {
		return Alloc{}
	}
	if c.malloc[0] < minAllocating {
		g.add("alloc.tracing_share", fmt.Sprintf("it takes %d CPU samples of allocations", minAllocating))
		return Alloc{}
	}
	share := estimate.Proportion(c.bytesShare(), c.malloc[0])
	half := math.Hypot((share.High-share.Low)/2, byteShareError)
	return Alloc{TracingShare: estimate.Around(share.Value, half, c.malloc[0]).Within(0, 1)}
}
