package analyzer

import (
	"maps"
	"math"
	"slices"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// modelError is the error of the model as a share of the estimate, beside the error of
	// sampling. With it the interval contained the truth in eight rows of nine.
	modelError = 0.05
	// sideEffect is how much more everything else costs because of tracing, for instance
	// because of cold caches, as a share of tracing's own share. It may be less, too. Samples
	// of the traced program do not show it. It was -0.2 to +0.2 in six loads, with a root
	// mean square of 0.15.
	sideEffect = 0.15
	// apiAlone is how many times more the API costs without the SDK, in a program that
	// allocates nothing else: whoever allocates first after a pause finds the allocator's
	// memory cold, which is the SDK if there is one. It was 0 in a loop that never pauses, 1
	// to 1.5 at 10,000 and 30,000 spans/s, and 2 to 6 at 1,000.
	apiAlone = 1
	// byteShareError is the largest difference between the share of allocating samples and
	// the share of allocated bytes, in four loads.
	byteShareError = 0.11
)

// How the share of a stage is worked out.
const (
	directMethod    = "samples whose innermost owner is tracing, without threads that it wakes in place of the application"
	gcMethod        = "samples of the garbage collector: sweeping by tracing's share of allocations, marking by that share and its share of the live heap"
	transportMethod = "samples of the goroutines of gRPC connections: as much as exporters have of the samples in calls of gRPC clients"
	schedulerMethod = "samples of the scheduler: half of tracing's share of all other samples, three quarters of it if requests wait for exports, less if the application wakes threads itself"
)

// cost is the cost of tracing, as shares of the process's CPU time.
type cost struct {
	total, direct, indirect *estimate.Estimate
	stages                  map[string]report.Portion
}

// term is a part of the cost: a share of the samples, and the error of its method.
type term struct {
	share        float64
	off          margin
	kind, method string
}

// margin is how much lower and higher than its value a share may be.
type margin struct{ less, more float64 }

func eitherWay(by float64) margin { return margin{by, by} }

// marginOf is the margin of a product: e times part.
func marginOf(e *estimate.Estimate, part float64) margin {
	return margin{part * (e.Value - e.Low), part * (e.High - e.Value)}
}

func (m margin) plus(other margin) margin { return margin{m.less + other.less, m.more + other.more} }

// and combines two independent margins.
func (m margin) and(other margin) margin {
	return margin{math.Hypot(m.less, other.less), math.Hypot(m.more, other.more)}
}

// around is the Estimate of a share of n samples.
func (m margin) around(share float64, n uint64) *estimate.Estimate {
	return estimate.Estimate{Value: share, Low: share - m.less, High: share + m.more, N: n}.Within(0, 1)
}

// costModel works out the cost of tracing from counts of samples.
type costModel struct{ classify.Counts }

// estimateCost adds to tracing's own samples what tracing causes elsewhere:
//
//	direct − api·(1 + b) − wakes·w + transport + sweep·b + mark·m + scheduler·q
//
// A no-op provider runs the API too. There it costs more, the less the application
// allocates: see apiAlone. w is the share of the threads woken by tracing that would be
// woken without it: see wakesAnyway. b is tracing's share of allocated bytes, m its share
// of marking: see markShare. q is about half of its share of everything but the scheduler:
// see schedule. Transport is the exporters' part of what the connections of gRPC clients
// do: see transport.
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

// indirect is the work of the runtime and of gRPC that tracing causes.
func (c costModel) indirect(s snapshot.Snapshot, b *estimate.Estimate) map[string]term {
	m := markShare(s, b)
	swept, marked := c.Share(c.Classes[classify.Sweep]), c.Share(c.Classes[classify.Mark])
	terms := map[string]term{
		classify.StageGC: {
			share: swept*b.Value + marked*m.Value, off: marginOf(b, swept).plus(marginOf(m, marked)),
			kind: indirect, method: gcMethod,
		},
	}
	if part := c.transportPart(s); part != nil {
		connections := c.Share(c.Classes[classify.Transport])
		terms[classify.StageTransport] = term{share: connections * part.Value, off: marginOf(part, connections), kind: indirect, method: transportMethod}
	}
	return terms
}

// total is the sum of all terms, with the margin of side effects.
func (c costModel) total(terms map[string]term) *estimate.Estimate {
	share, off := add(terms, direct, indirect)
	return c.claim(share, off.and(eitherWay(sideEffect*share*(1-share))))
}

// part is the sum of the terms of one kind.
func (c costModel) part(terms map[string]term, kind string) *estimate.Estimate {
	return c.claim(add(terms, kind))
}

// add is the sum of the terms of some kinds, with its margin.
func add(terms map[string]term, kinds ...string) (share float64, off margin) {
	for _, stage := range slices.Sorted(maps.Keys(terms)) { // a float sum depends on its order
		if t := terms[stage]; slices.Contains(kinds, t.kind) {
			share += t.share
			off = off.plus(t.off)
		}
	}
	return share, off.and(eitherWay(modelError * share))
}

// claim is the Estimate of a share of the samples, given the margin of its method.
func (c costModel) claim(share float64, off margin) *estimate.Estimate {
	share = max(0, share)
	off = off.and(marginOf(estimate.Proportion(share, c.Samples), 1))
	return off.around(share, c.Samples)
}

// bytesShare is tracing's share of the bytes allocated, estimated by its share of the
// samples that allocate. Without such samples it may be anything. Its share of all samples
// counts as one more allocating sample, since few samples prove little.
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

// wakesAnyway is the share of the threads woken by tracing that the application would wake
// without it: a thread that is already looking for work need not be woken. If the
// application wakes most threads, it would wake most of tracing's, too; if it wakes none,
// it would wake none of them. One more sample counts as tracing's, since few samples prove
// little.
func (c costModel) wakesAnyway() float64 {
	return float64(c.Woken) / float64(c.Woken+c.Wakes.Total()+1)
}

// schedule is the work of the scheduler that tracing causes. Looking for work, spinning and
// sysmon last as long as there is work: by that, tracing causes its share. A wakeup costs
// the same whatever runs after it: by that, tracing causes nothing, or half if the
// application's goroutine waits for exports, since it is woken both by each export and
// for its own work. The estimate is in the middle, and the margin reaches both ends. If
// the application would wake a share w of the threads anyway, they would look for work and
// sleep anyway.
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

// waitedFor is the share of exports that goroutines of the application wait for.
func (c costModel) waitedFor() float64 {
	return estimate.Ratio(c.ExportingInline, c.Exporting)
}

// Kinds of stages.
const (
	direct   = "direct"   // tracing's own work
	indirect = "indirect" // work that tracing causes elsewhere
)
