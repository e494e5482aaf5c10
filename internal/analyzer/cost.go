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
	// sideEffect is how much more everything else costs because of OpenTelemetry, for instance
	// because of cold caches, as a share of its own share. It may be less, too. Samples of the
	// traced program do not show it. It was -0.2 to +0.2 in six loads, with a root
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
	// scheduledFor is how far between the least and the most a part's share of the scheduler's
	// work is, see schedule. Instrumentation, metrics and log records are made on the
	// application's goroutines, in time that it is awake in anyway: 0.15 was seen with 20,000
	// log records a second, 0.27 with as many measurements. Spans were between 0.1 and above 1.
	scheduledFor, spansScheduledFor = 0.25, 0.5
)

// How the share of a stage is worked out.
const (
	directMethod    = "samples whose innermost owner is the signal, without threads that it wakes in place of the application"
	apiMethod       = "samples of the API of tracing, which a no-op provider runs too"
	gcMethod        = "samples of the garbage collector: sweeping by the signal's share of allocations, marking by that share and its share of the live heap"
	transportMethod = "samples of the goroutines of gRPC connections: as much as the signal's exporters have of the samples in calls of gRPC clients"
	schedulerMethod = "samples of the scheduler: of tracing's share of all other samples half, or three quarters if requests wait for exports; of the other parts' shares a quarter; less if the application wakes threads itself"
)

// cost is the cost of OpenTelemetry, or of a part of it, as shares of the process's CPU time.
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

func (t term) plus(share float64, off margin) term {
	t.share, t.off = t.share+share, t.off.plus(off)
	return t
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

// costModel works out the cost of OpenTelemetry from counts of samples.
type costModel struct{ classify.Counts }

// costs are the costs of OpenTelemetry, as a whole and by part.
type costs struct{ all, tracing, instrumentation, metrics, logs cost }

// estimateCosts adds to the samples of a part's own code what the part causes elsewhere:
//
//	direct − wakes·w + transport + sweep·b + mark·m + scheduler·q
//
// w is the share of the threads woken by OpenTelemetry that would be woken without it: see
// wakesAnyway. b is the part's share of allocated bytes, m its share of marking: see marking.
// q is a half or a quarter of its share of everything but the scheduler: see schedule. Transport is
// the part's share of what the connections of gRPC clients do: see transport.
//
// A no-op provider runs the API of tracing too. There it costs more, the less the
// application allocates: see apiAlone. So api·(1 + b) is not tracing's, but that of the
// instrumentation, which calls it.
//
// The whole is the sum of its parts. What is uncertain about how parts share something is
// not uncertain of the whole, so its margins are worked out for the parts together.
func (c costModel) estimateCosts(s snapshot.Snapshot) costs {
	w, spans := c.wakesAnyway(), c.bytesShare(classify.Tracing)
	m, connections := c.marking(s), c.connections(s)
	own := map[classify.Class]map[string]term{
		classify.Tracing:         {},
		classify.Instrumentation: {classify.StageLibrary: {share: c.Share(c.Classes[classify.Instrumentation]), kind: direct, method: directMethod}},
		classify.Metrics:         c.wakeless(c.Metrics, w),
		classify.Logs:            c.wakeless(c.Logs, w),
	}
	all := map[string]term{"instrumentation": own[classify.Instrumentation][classify.StageLibrary]}
	api := term{kind: direct, method: apiMethod}
	tracing := c.wakeless(c.Tracing, w)
	for _, stage := range slices.Sorted(maps.Keys(tracing)) { // a float sum depends on its order
		t := tracing[stage]
		all["traces "+stage] = t
		alone := c.Share(c.Tracing.APIs[stage])
		more := apiAlone * spans.Value * alone
		left := min(t.share, alone+more)
		api = api.plus(left, eitherWay(more))
		own[classify.Tracing][stage] = t.plus(-left, eitherWay(more))
	}
	own[classify.Instrumentation][classify.StageAPI] = api
	for signal, class := range map[string]classify.Class{"metrics ": classify.Metrics, "logs ": classify.Logs} {
		for stage, t := range own[class] {
			all[signal+stage] = t
		}
	}
	parts := map[classify.Class]cost{}
	waiting := term{kind: indirect, method: schedulerMethod}
	for _, class := range openTelemetry {
		terms := own[class]
		maps.Copy(terms, c.indirect(c.bytesShare(class), m.of[class], connections.of[class]))
		scheduling := c.schedule(class, terms, w)
		terms[classify.StageScheduler] = scheduling
		waiting = waiting.plus(scheduling.share, scheduling.off)
		parts[class] = c.cost(terms)
	}
	maps.Copy(all, c.indirect(c.bytesShare(openTelemetry...), m.all, connections.all))
	all[classify.StageScheduler] = waiting
	return costs{
		all: c.cost(all), tracing: parts[classify.Tracing], instrumentation: parts[classify.Instrumentation],
		metrics: parts[classify.Metrics], logs: parts[classify.Logs],
	}
}

// openTelemetry are the classes of the parts of OpenTelemetry.
var openTelemetry = []classify.Class{classify.Tracing, classify.Instrumentation, classify.Metrics, classify.Logs}

// shares are shares of something that the parts of OpenTelemetry have, together and each. A
// part without an Estimate has none of it.
type shares struct {
	all *estimate.Estimate
	of  map[classify.Class]*estimate.Estimate
}

// wakeless are the samples of a signal's own code by stage, without the threads that the
// application would wake.
func (c costModel) wakeless(p classify.Signal, w float64) map[string]term {
	terms := map[string]term{}
	for stage, n := range p.Stages {
		wakes := c.Share(p.Wakes[stage])
		anyway := wakes * w
		terms[stage] = term{share: max(0, c.Share(n)-anyway), off: margin{wakes - anyway, anyway}, kind: direct, method: directMethod}
	}
	return terms
}

// indirect is the work of the runtime and of gRPC that a part causes, by its shares of the
// bytes allocated, of marking, and of the connections of gRPC clients.
func (c costModel) indirect(b, m, part *estimate.Estimate) map[string]term {
	swept, marked := c.Share(c.Classes[classify.Sweep]), c.Share(c.Classes[classify.Mark])
	terms := map[string]term{
		classify.StageGC: {
			share: swept*b.Value + marked*m.Value, off: marginOf(b, swept).plus(marginOf(m, marked)),
			kind: indirect, method: gcMethod,
		},
	}
	if part != nil {
		connections := c.Share(c.Classes[classify.Transport])
		terms[classify.StageTransport] = term{share: connections * part.Value, off: marginOf(part, connections), kind: indirect, method: transportMethod}
	}
	return terms
}

// cost adds up the terms of a part.
func (c costModel) cost(terms map[string]term) cost {
	all := cost{total: c.total(terms), direct: c.part(terms, direct), indirect: c.part(terms, indirect), stages: map[string]report.Portion{}}
	for stage, t := range terms {
		if t.share > 0 {
			all.stages[stage] = report.Portion{Share: c.claim(t.share, t.off), Kind: t.kind, Method: t.method}
		}
	}
	return all
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

// bytesShare is the share of the bytes allocated that classes have together, estimated by
// their share of the samples that allocate. Without such samples it may be anything. Their
// share of all samples counts as one more allocating sample, since few samples prove little.
func (c costModel) bytesShare(classes ...classify.Class) *estimate.Estimate {
	var theirs uint64
	guess := 0.0
	for _, class := range classes {
		theirs += c.Allocating[class]
		guess += c.Share(c.Classes[class])
	}
	allocating := c.AllAllocating()
	if allocating == 0 {
		return &estimate.Estimate{Value: guess, Low: 0, High: 1}
	}
	sampled := estimate.Proportion(float64(theirs)/float64(allocating), allocating)
	sampled.Value = (float64(theirs) + guess) / float64(allocating+1)
	off := marginOf(sampled, 1).and(eitherWay(byteShareError))
	return off.around(sampled.Value, sampled.N)
}

// wakesAnyway is the share of the threads woken by OpenTelemetry that the application would
// wake without it: a thread that is already looking for work need not be woken. If the
// application wakes most threads, it would wake most of the others, too; if it wakes none,
// it would wake none of them. One more sample counts as OpenTelemetry's, since few samples
// prove little.
func (c costModel) wakesAnyway() float64 {
	woken := c.Tracing.Wakes.Total() + c.Metrics.Wakes.Total() + c.Logs.Wakes.Total()
	return float64(c.Woken) / float64(c.Woken+woken+1)
}

// schedule is the work of the scheduler that a part causes, given its other terms. Looking
// for work, spinning and sysmon last as long as there is work: by that, the part causes its
// share. A wakeup costs the same whatever runs after it: by that, the part causes nothing, or
// half if the application's goroutine waits for exports, since it is woken both by each
// export and for its own work. The estimate is between the two, and the margin reaches both
// ends. If the application would wake a share w of the threads anyway, they would look for
// work and sleep anyway.
func (c costModel) schedule(class classify.Class, others map[string]term, w float64) term {
	var share float64
	for _, stage := range slices.Sorted(maps.Keys(others)) {
		share += others[stage].share
	}
	work := 1 - c.Share(c.Classes[classify.Scheduler])
	if work == 0 {
		return term{kind: indirect, method: schedulerMethod}
	}
	most := (1 - work) * share / work * (1 - w)
	least := most * c.waitedFor(class) / 2
	between := scheduledFor
	if class == classify.Tracing {
		between = spansScheduledFor
	}
	middle := least + between*(most-least)
	return term{share: middle, off: margin{middle - least, most - middle}, kind: indirect, method: schedulerMethod}
}

// waitedFor is the share of a signal's exports that goroutines of the application wait for.
func (c costModel) waitedFor(class classify.Class) float64 {
	p := c.Signal(class)
	return estimate.Ratio(p.ExportingInline, p.Exporting)
}

// Kinds of stages.
const (
	direct   = "direct"   // a part's own work
	indirect = "indirect" // work that it causes elsewhere
)
