package analyzer

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// modelError is the part of the estimate by which the model was found off
	// beside the samples' own error: with it the interval held the truth in
	// eight rows of nine.
	modelError = 0.05
	// sideEffect is by how much of its own share tracing makes all else dearer, as
	// by caches that are colder, or cheaper, where all else is nearly everything. No
	// sample of the traced program shows it. It was -0.2 to +0.2 in six loads, 0.15
	// their root mean square.
	sideEffect = 0.15
	// apiAlone is by how many times more the API costs by itself, in a program
	// that allocates nothing else: the first to allocate after a pause finds the
	// allocator's memory cold, which is the SDK where it is there. It was 0 in a
	// loop that never pauses, 1 to 1.5 at 10,000 and 30,000 spans/s, 2 to 6 at
	// 1,000.
	apiAlone = 1
	// byteShareError is how far the share of allocating samples was from the
	// share of bytes, at the most, in four loads.
	byteShareError = 0.11
)

// How the share of a stage is found.
const (
	directMethod    = "samples whose innermost owner is tracing, without threads that it wakes in place of the application"
	gcMethod        = "samples of the garbage collector: sweeping by tracing's share of allocations, marking by that share and its share of the live heap"
	transportMethod = "samples of the goroutines of gRPC clients"
	schedulerMethod = "samples of the scheduler: half of tracing's share of all other samples, three quarters of it if requests wait for exports, less if the application wakes threads itself"
)

// cost is what tracing costs, as parts of the process's CPU time.
type cost struct {
	total, direct, indirect *estimate.Estimate
	stages                  map[string]report.Portion
}

// term is a part of the cost: a share of the samples, and by how much its method
// may be off.
type term struct {
	share        float64
	off          margin
	kind, method string
}

// margin is by how much less, and more, than it is said to be a share may be.
type margin struct{ less, more float64 }

func eitherWay(by float64) margin { return margin{by, by} }

// marginOf is that of a part of the samples, of which e is the share.
func marginOf(e *estimate.Estimate, part float64) margin {
	return margin{part * (e.Value - e.Low), part * (e.High - e.Value)}
}

func (m margin) plus(other margin) margin { return margin{m.less + other.less, m.more + other.more} }

// and is the margin of something that may be off by either, independently.
func (m margin) and(other margin) margin {
	return margin{math.Hypot(m.less, other.less), math.Hypot(m.more, other.more)}
}

// around is the Estimate of a share, found from n samples.
func (m margin) around(share float64, n uint64) *estimate.Estimate {
	return estimate.Estimate{Value: share, Low: share - m.less, High: share + m.more, N: n}.Within(0, 1)
}

// costModel finds from counts of samples what tracing costs.
type costModel struct{ classify.Counts }

// estimateCost adds to tracing's own frames what it causes elsewhere:
//
//	direct − api·(1 + b) − wakes·w + transport + sweep·b + mark·m + scheduler·q
//
// The no-op provider runs the API too, where it costs more the less the
// application allocates, see apiAlone. w is the part of the threads woken by
// tracing that would be woken without it, see wakesAnyway. b is tracing's share of
// allocated bytes; m its share of marking, see markShare; q half its share of
// everything but the scheduler, or more or less, see schedule. Transport is left
// out where no exporter speaks gRPC; an application's own gRPC clients are not told
// from the exporter's.
func (c costModel) estimateCost(s snapshot.Snapshot) cost {
	terms := map[string]term{}
	b, w := c.bytesShare(), c.wakesAnyway()
	for stage, n := range c.Stages {
		more := apiAlone * b.Value * c.Share(c.APIs[stage])
		wakes := c.Share(c.Wakes[stage])
		anyway := wakes * w
		terms[stage] = term{
			share: max(0, c.Share(n-c.APIs[stage])-more-anyway), off: margin{more + wakes - anyway, more + anyway},
			kind: direct, method: directMethod,
		}
	}
	maps.Copy(terms, c.indirect(s, b))
	terms[classify.StageScheduler] = c.schedule(terms, w)
	all := cost{total: c.total(terms), direct: c.part(terms, direct), indirect: c.part(terms, indirect), stages: map[string]report.Portion{}}
	for stage, t := range terms {
		if t.share > 0 {
			all.stages[stage] = report.Portion{Share: c.claim(t.share, t.off), Kind: t.kind, Method: t.method}
		}
	}
	return all
}

// indirect is what tracing makes the runtime and its transport do.
func (c costModel) indirect(s snapshot.Snapshot, b *estimate.Estimate) map[string]term {
	m := markShare(s, b)
	swept, marked := c.Share(c.Classes[classify.Sweep]), c.Share(c.Classes[classify.Mark])
	terms := map[string]term{
		classify.StageGC: {
			share: swept*b.Value + marked*m.Value, off: marginOf(b, swept).plus(marginOf(m, marked)),
			kind: indirect, method: gcMethod,
		},
	}
	if overGRPC(s.Exports) {
		terms[classify.StageTransport] = term{share: c.Share(c.Classes[classify.Transport]), kind: indirect, method: transportMethod}
	}
	return terms
}

// total is the sum of all terms, which may do something to all else.
func (c costModel) total(terms map[string]term) *estimate.Estimate {
	share, off := add(terms, direct, indirect)
	return c.claim(share, off.and(eitherWay(sideEffect*share*(1-share))))
}

// part is the sum of the terms of one kind.
func (c costModel) part(terms map[string]term, kind string) *estimate.Estimate {
	return c.claim(add(terms, kind))
}

// add is the sum of the terms of the kinds, and by how much it may be off.
func add(terms map[string]term, kinds ...string) (share float64, off margin) {
	for _, stage := range slices.Sorted(maps.Keys(terms)) { // a float sum depends on its order
		if t := terms[stage]; slices.Contains(kinds, t.kind) {
			share += t.share
			off = off.plus(t.off)
		}
	}
	return share, off.and(eitherWay(modelError * share))
}

// claim is the Estimate of a share of the samples whose method may be off.
func (c costModel) claim(share float64, off margin) *estimate.Estimate {
	share = max(0, share)
	off = off.and(marginOf(estimate.Proportion(share, c.Samples), 1))
	return off.around(share, c.Samples)
}

// bytesShare is tracing's share of the bytes allocated, for which its share of
// the samples that allocate stands. Without any it may be anything, and its share
// of all samples counts as one more of them: of two, one says little.
func (c costModel) bytesShare() *estimate.Estimate {
	guess := c.Share(c.Classes[classify.Tracing])
	if c.Allocating == 0 {
		return &estimate.Estimate{Value: guess, Low: 0, High: 1}
	}
	sampled := estimate.Proportion(float64(c.AllocatingTracing)/float64(c.Allocating), c.Allocating)
	sampled.Value = (float64(c.AllocatingTracing) + guess) / float64(c.Allocating+1)
	off := marginOf(sampled, 1).and(eitherWay(byteShareError))
	return off.around(sampled.Value, sampled.N)
}

// wakesAnyway is the part of the threads woken by tracing that the application
// would wake without it: a thread that looks for work already need not be woken.
// Where the application wakes most of them, whoever comes first does; where it
// wakes none, tracing alone does. One more counts as tracing's: of two, one says
// little.
func (c costModel) wakesAnyway() float64 {
	return float64(c.Woken) / float64(c.Woken+c.Wakes.Total()+1)
}

// schedule is what tracing makes the scheduler do beyond all other terms. Looking
// for work, spinning and sysmon last as long as there is work, which would leave
// tracing its share of all that; a wakeup costs the same whatever runs then, which
// would leave it nothing, or half where the application's goroutine waits for
// exports: it is woken from each, and for what it does itself. It is taken to be in
// the middle, and may be at either end. An application that would wake the threads
// anyway, w of them, has them look for work and sleep anyway.
func (c costModel) schedule(others map[string]term, w float64) term {
	var share float64
	for _, stage := range slices.Sorted(maps.Keys(others)) {
		share += others[stage].share
	}
	work := 1 - c.Share(c.Classes[classify.Scheduler])
	if work == 0 {
		return term{kind: indirect, method: schedulerMethod}
	}
	most := (1 - work) * share / work * (1 - w)
	least := most * c.waitedFor() / 2
	return term{share: (least + most) / 2, off: eitherWay((most - least) / 2), kind: indirect, method: schedulerMethod}
}

// waitedFor is the part of the exports that the application's goroutines wait for.
func (c costModel) waitedFor() float64 {
	return estimate.Ratio(c.ExportingInline, c.Exporting)
}

// overGRPC reports whether spans are exported over gRPC, as far as is known.
func overGRPC(exporters []snapshot.Exporter) bool {
	return len(exporters) == 0 || slices.ContainsFunc(exporters, func(e snapshot.Exporter) bool {
		return strings.HasPrefix(e.Component, "otlp_grpc")
	})
}

// Kinds of stages.
const (
	direct   = "direct"   // what tracing was doing
	indirect = "indirect" // what tracing made others do
)
