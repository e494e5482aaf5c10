package snapshot

import "slices"

// MaxOperations bounds Exporter.Latest, in a Total of all exporters of a target together:
// quantiles are exact over that many of the latest operations.
const MaxOperations = 1 << 16

// Merge returns one Snapshot for two consecutive intervals of one target. Neither is modified.
func (s Snapshot) Merge(next Snapshot) Snapshot {
	merged := next
	merged.Start = s.Start
	merged.Elapsed = plusTime(s.Elapsed, next.Elapsed)
	merged.FromStart = s.FromStart
	merged.Counts = mergeBy(s.Counts, next.Counts, func(c Count) string { return c.Probe }, mergeCount)
	merged.Started = mergeBy(s.Started, next.Started, func(a Started) [2]string { return [2]string{a.Parent, a.Sampling} }, mergeStarted)
	merged.Exports = mergeBy(s.Exports, next.Exports, func(e Exporter) uint64 { return e.Address }, mergeExporter)
	merged.Stretches = mergeStretches(s.Stretches, next.Stretches)
	merged.Texts = s.Texts
	merged.Texts.Merge(next.Texts)
	merged.Processors = mergeBy(s.Processors, next.Processors, func(p Processor) uint64 { return p.Address }, mergeProcessor)
	merged.Others.Spans = plus(s.Others.Spans, next.Others.Spans)
	merged.Pipelines = mergeBy(s.Pipelines, next.Pipelines, func(p Pipeline) string { return p.Signal }, mergePipeline)
	merged.Flushes = mergeBy(s.Flushes, next.Flushes, func(f Flush) [2]string { return [2]string{f.Signal, f.Function} }, mergeFlush)
	merged.Samples = mergeSamples(s.Samples, next.Samples)
	merged.Process.CPU = plusTime(merged.Process.CPU, s.Process.CPU)
	merged.Process.System = plusTime(merged.Process.System, s.Process.System)
	merged.Scheduling = s.Scheduling.merge(next.Scheduling)
	merged.Heap = mergeHeap(s.Heap, next.Heap)
	merged.Probing = mergeProbing(s.Probing, next.Probing)
	merged.Names = s.Names.Merge(next.Names)
	merged.Gaps = mergeBy(s.Gaps, next.Gaps, func(m Missing) string { return m.What }, func(a, _ Missing) Missing { return a })
	return merged
}

// mergeBy merges elements with the same key, in the order of first appearance. Nearly always
// both have the same elements in the same order, and none has to be looked for.
func mergeBy[T any, K comparable](a, b []T, key func(T) K, merge func(a, b T) T) []T {
	merged := slices.Clone(a)
	var at map[K]int // index in a, by key
	for i, v := range b {
		k := key(v)
		if i < len(a) && key(a[i]) == k {
			merged[i] = merge(merged[i], v)
			continue
		}
		if at == nil {
			at = make(map[K]int, len(a))
			for i, v := range a {
				at[key(v)] = i
			}
		}
		if i, ok := at[k]; ok {
			merged[i] = merge(merged[i], v)
		} else {
			merged = append(merged, v)
		}
	}
	return merged
}

func mergeCount(a, b Count) Count {
	return Count{Probe: b.Probe, Calls: plus(a.Calls, b.Calls), Whole: a.Whole && b.Whole, Rates: a.Rates.Plus(b.Rates)}
}

func mergeStarted(a, b Started) Started {
	a.Spans = plus(a.Spans, b.Spans)
	return a
}

func mergeStretches(a, b Stretches) Stretches {
	return Stretches{
		Unobserved: plusTime(a.Unobserved, b.Unobserved), Filled: plusTime(a.Filled, b.Filled),
		Added: plus(a.Added, b.Added), Calls: plus(a.Calls, b.Calls), Rates: a.Rates.Plus(b.Rates),
		Durations: a.Durations.Plus(b.Durations), Longer: a.Longer + b.Longer,
	}
}

func mergeExporter(a, b Exporter) Exporter {
	merged := b
	merged.Operations = plus(merged.Operations, a.Operations)
	merged.Errors = plus(merged.Errors, a.Errors)
	merged.Exported = plus(merged.Exported, a.Exported)
	merged.Failed = plus(merged.Failed, a.Failed)
	merged.Spans = plus(merged.Spans, a.Spans)
	merged.MaxBatch = max(a.MaxBatch, b.MaxBatch)
	merged.Sync = plus(merged.Sync, a.Sync)
	merged.Blocked = plusTime(merged.Blocked, a.Blocked)
	merged.Foreign = plus(merged.Foreign, a.Foreign)
	merged.Retries = plus(merged.Retries, a.Retries)
	merged.Backoff = plusTime(merged.Backoff, a.Backoff)
	merged.Sized = plus(merged.Sized, a.Sized)
	merged.Bytes = plus(merged.Bytes, a.Bytes)
	merged.Weighed = plus(merged.Weighed, a.Weighed)
	merged.Sent = plus(merged.Sent, a.Sent)
	merged.Durations.Merge(a.Durations)
	merged.Failures.Merge(a.Failures)
	merged.Reasons = mergeFailures(a.Reasons, b.Reasons)
	merged.Kinds = MergeFailureKinds(a.Kinds, b.Kinds)
	latest := slices.Concat(a.Latest, b.Latest)
	merged.Latest = latest[max(0, len(latest)-MaxOperations):]
	return merged
}

func mergeProcessor(a, b Processor) Processor {
	merged := b
	merged.Before = a.Before
	// The drop counter wraps: drops are summed interval by interval.
	merged.Earlier = plus(merged.Earlier, a.Dropped())
	merged.Before.Dropped = b.Before.Dropped
	merged.Peak = max(a.Peak, b.Peak)
	merged.Looks = plus(merged.Looks, a.Looks)
	merged.Held = plus(merged.Held, a.Held)
	merged.Unseen = plus(merged.Unseen, a.Unseen)
	merged.Exported = plus(merged.Exported, a.Exported)
	merged.Failed = plus(merged.Failed, a.Failed)
	merged.Flushes = a.Flushes.merge(b.Flushes)
	merged.Shutdowns = a.Shutdowns.merge(b.Shutdowns)
	return merged
}

func mergePipeline(a, b Pipeline) Pipeline {
	merged := Pipeline{
		Signal: b.Signal, Calls: a.Calls.merge(b.Calls), Records: plus(a.Records, b.Records), Failed: plus(a.Failed, b.Failed),
		Largest: max(a.Largest, b.Largest), Unsized: plus(a.Unsized, b.Unsized), Dropped: plus(a.Dropped, b.Dropped), Reasons: mergeFailures(a.Reasons, b.Reasons),
	}
	merged.Exporters = mergeBy(a.Exporters, b.Exporters, func(e SignalExporter) uint64 { return e.Address }, mergeSignalExporter)
	return merged
}

func mergeHeap(a, b Heap) Heap {
	merged := b
	if b.Cycles == 0 {
		merged.Live = a.Live
	}
	merged.Cycles = plus(merged.Cycles, a.Cycles)
	merged.Covered = plusTime(merged.Covered, a.Covered)
	merged.Allocated = plus(merged.Allocated, a.Allocated)
	merged.Scanned = plus(merged.Scanned, a.Scanned)
	return merged
}

func mergeProbing(a, b Probing) Probing {
	merged := b
	merged.Hits = plus(merged.Hits, a.Hits)
	merged.Windows = plus(merged.Windows, a.Windows)
	merged.Lost = plus(merged.Lost, a.Lost)
	merged.Unmatched = plus(merged.Unmatched, a.Unmatched)
	merged.Undrawn = plus(merged.Undrawn, a.Undrawn)
	merged.TargetCPU = plusTime(merged.TargetCPU, a.TargetCPU)
	merged.AgentCPU = plusTime(merged.AgentCPU, a.AgentCPU)
	return merged
}

func mergeSamples(a, b Samples) Samples {
	var merged stackCounts
	merged.add(a)
	merged.add(b)
	return merged.Samples
}

// Dropped is what the processor dropped.
func (p Processor) Dropped() uint64 {
	return plus(p.Earlier, uint64(p.After.Dropped-p.Before.Dropped))
}

// Handed is how many spans the processor was handed. It may be negative if spans moved while
// a reading was taken.
func (p Processor) Handed() int64 {
	return int64(p.Exported+p.Failed+p.Unseen+p.Dropped()) + p.After.Held() - p.Before.Held()
}

// Held is how many spans the processor held.
func (r Reading) Held() int64 { return int64(r.Queue + r.Batch) }

// Batching are the processors that have a queue.
func Batching(processors []Processor) []Processor {
	return slices.DeleteFunc(slices.Clone(processors), func(p Processor) bool { return p.Simple })
}
