package analyzer

import (
	"math"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const notInPlace = "its probes were not in place during the whole window"

// noRatio is the reason if started spans can be neither counted nor scaled.
const noRatio = "no window has counted both starts and ends yet, and no two windows have counted starts that give a rate"

// spans counts spans. Exported and failed are counted when exports return, dropped is the
// SDK's own counter, and ended follows from these and from what queues hold.
func spans(s snapshot.Snapshot, g *report.Gaps) report.Spans {
	var counted report.Spans
	if !s.FromStart {
		g.Add("spans.live", "the spans that were open when otwatch attached cannot be counted")
	}
	if g.Has("export") {
		g.Add("spans.exported", "exports are not counted")
		g.Add("spans.failed", "exports are not counted")
	} else if counted.Exported, counted.Failed = exported(s); g.Has("spans.failed") {
		counted.Exported, counted.Failed = nil, nil
		g.Add("spans.exported", "what receivers have rejected is not known")
	}
	if g.Has("processors") {
		g.Add("spans.dropped", "no processor's drop counter can be read")
	} else {
		counted.Dropped = dropped(s)
	}
	if g.Has("export") || counted.Dropped == nil {
		g.Add("spans.ended", "it follows from the spans exported, failed and dropped, which are not all known")
	} else if counted.Ended = ended(s); counted.Ended == nil {
		g.Add("spans.ended", "spans end that no processor receives, and too few windows have counted them yet")
	}
	if counted.Started = startedOf(s, counted.Ended); counted.Started == nil {
		g.Add("spans.started", noRatio)
	}
	if counted.Live = live(s, counted); counted.Live == nil && s.FromStart {
		g.Add("spans.live", "it is the number of spans started less those ended, which are not both exact")
	}
	counted.StartedAs = startedAs(s)
	if counted.Sampled = recorded(s, counted.Started); counted.Sampled == nil {
		g.Add("spans.sampled", "needs the number of spans started, and windows that count both started and recorded spans")
	}
	counted.SampledShare = recordedShare(s)
	if counted.RecordedOnly = recordedOnly(s, counted.Ended); counted.RecordedOnly == nil {
		g.Add("spans.recorded_only", "needs the number of spans ended, windows that count them, and an SDK version whose layout is known")
	}
	counted.LostAtExit = lostAtExit(s, g)
	return counted
}

// StartedRate is how many spans were started per second; nil if that is not known.
func StartedRate(s snapshot.Snapshot) *estimate.Estimate {
	started := spans(s, newGaps(s)).Started
	if started == nil || s.Elapsed <= 0 {
		return nil
	}
	return started.Times(1 / s.Elapsed.Seconds())
}

// Recorded is how many spans were recorded; nil if that is not known.
func Recorded(s snapshot.Snapshot) *estimate.Estimate { return spans(s, newGaps(s)).Sampled }

// exported counts the spans of the exports that returned, but not those that an exporter
// accepted and discarded. If records were lost, each may have
// been of a full batch.
func exported(s snapshot.Snapshot) (accepted, failed *estimate.Estimate) {
	var nAccepted, nFailed, unseen uint64
	for _, e := range s.Exports {
		if !e.Discards() {
			nAccepted += e.Exported
		}
		nFailed += e.Failed
	}
	for _, p := range s.Processors {
		unseen += p.Unseen
	}
	unseen += lostSpans(s)
	return inExports(s, count(nAccepted, unseen)), inExports(s, count(nFailed, unseen))
}

// inExports widens a count of spans in exports, if these were observed in stretches.
func inExports(s snapshot.Snapshot, spans *estimate.Estimate) *estimate.Estimate {
	var operations, largest uint64
	for _, e := range s.Exports {
		operations += e.Operations
		largest = max(largest, e.MaxBatch)
	}
	return stretched(s, spans, operations, float64(max(1, largest)))
}

func dropped(s snapshot.Snapshot) *estimate.Estimate {
	var n uint64
	for _, p := range s.Processors {
		n += p.Dropped()
	}
	return estimate.Counted(n)
}

// ended counts the spans that ended: as many as processors were handed, which is exact, unless
// probe windows show that there are more. A provider may have lost its processor, or have one
// of the program's own that passes on only some spans, and spans that are only recorded are
// not exported. It is nil if there are more, but their number is unknown.
func ended(s snapshot.Snapshot) *estimate.Estimate {
	handed, ends, received := handed(s), s.CountOf("end"), s.CountOf("span")
	if ends == nil {
		return handed
	}
	// Rates are no evidence by themselves: a load may have ended, and few windows miss that.
	few := func(n float64) bool { return n < handedPart*float64(ends.Calls)-fewest }
	unreceived := received != nil && few(float64(received.Calls))
	all := inWindows(s, *ends)
	if waitingToEnd(s) && all != nil {
		return all.Within(handed.Low, math.Inf(1))
	}
	recordedOnly := s.CallsOf(unsampled) > 0 && !unreceived && s.Others.Processors == 0
	switch {
	case recordedOnly && all != nil && s.CallsOf(customProcessor) > 0: // which may hand on any of them
	case recordedOnly && s.CallsOf(customProcessor) == 0:
		return withRecordedOnly(s, *handed, *ends, all)
	case recordedOnly:
		return nil
	case s.Others.Processors > 0 && all != nil: // what they hold is not read
	case unreceived && received.Calls > 0:
		all = withUnreceived(*handed, *ends, *received, all)
	case !unreceived && !few(handed.High):
		return handed
	}
	if all == nil {
		return nil
	}
	return all.Within(handed.Low, math.Inf(1))
}

// waitingToEnd reports whether spans wait for room in the full queue of a processor that blocks:
// windows count their calls of End, but the processor has not been handed them yet. How many
// calls wait is not known.
func waitingToEnd(s snapshot.Snapshot) bool {
	return slices.ContainsFunc(s.Processors, func(p snapshot.Processor) bool {
		full := max(p.Before.Queue, p.After.Queue) >= p.Settings.MaxQueueSize
		return p.Settings.Blocking && p.Settings.MaxQueueSize > 0 && full
	})
}

// unsampled counts the ends of spans that are recorded and not sampled.
const unsampled = "unsampled"

// customProcessor counts the spans that processors of the program's own receive.
const customProcessor = "custom-processor"

// withRecordedOnly counts the spans that ended if some were recorded only, which the SDK's
// processors discard: the others were handed to processors. all is the number of the spans that
// ended by the windows alone.
func withRecordedOnly(s snapshot.Snapshot, handed estimate.Estimate, ends snapshot.Count, all *estimate.Estimate) *estimate.Estimate {
	discarded := s.CountOf(unsampled)
	sampled := ends.Calls - min(discarded.Calls, ends.Calls)
	more := inWindows(s, *discarded)
	switch {
	case sampled > 0 && handed.Value > 0:
		byRatio := handed.Scale(ends.Calls, sampled).Within(handed.Low, math.Inf(1))
		if more == nil {
			return byRatio
		}
		// The ratio is nearer to the truth than a rate. How much it varies between windows, with
		// the load, is not known, but how much the rate does.
		byRate := handed.Plus(*more)
		byRate.Value = max(byRate.Low, min(byRatio.Value, byRate.High))
		return byRate
	case more != nil:
		return handed.Plus(*more)
	case all != nil:
		return all.Within(handed.Low, math.Inf(1))
	}
	return nil
}

// recordedOnly is the number of ended spans that were recorded and not sampled: their share of
// the calls of End in windows, times the spans that ended.
func recordedOnly(s snapshot.Snapshot, ended *estimate.Estimate) *estimate.Estimate {
	discarded, ends := s.CountOf(unsampled), s.CountOf("end")
	switch {
	case discarded == nil || ends == nil || ends.Calls == 0:
		return nil
	case discarded.Whole:
		return estimate.Counted(discarded.Calls)
	case ended == nil:
		return nil
	}
	part := min(1, float64(discarded.Calls)/float64(ends.Calls))
	return ended.By(*estimate.Proportion(part, ends.Calls)).Within(0, ended.High)
}

// handedPart is the share of the ended spans below which processors were certainly not handed
// all of them. A difference of a few, see fewest, proves nothing: the two are not read at
// the same moment.
const handedPart = 0.9

// handed counts the spans that processors were handed: for each the spans exported, the spans
// dropped, and the growth of its queue and batch.
func handed(s snapshot.Snapshot) *estimate.Estimate {
	var slack uint64
	for _, p := range s.Processors {
		slack += p.Before.Slack + p.After.Slack
	}
	total := ofProviders(s.Processors, snapshot.Processor.Handed)
	total += s.Others.Spans
	slack += lostSpans(s) + waitingInOthers(s)
	unread := unreadAtExit(s)
	if slack == 0 && unread.least == unread.most {
		return inExports(s, estimate.Counted(total+unread.most))
	}
	e := estimate.GiveOrTake(total, slack)
	e.Low += float64(unread.least)
	e.Value += float64(unread.usual)
	e.High += float64(unread.most)
	return inExports(s, e)
}

// ofProviders adds up a number of spans. Processors of one provider are handed the same
// spans, so a provider counts once, by the processor that has most.
func ofProviders(processors []snapshot.Processor, of func(snapshot.Processor) int64) (total uint64) {
	most := map[uint64]int64{}
	for _, p := range processors {
		most[p.Provider] = max(most[p.Provider], of(p))
	}
	for _, n := range most {
		total += uint64(n)
	}
	return total
}

// waitingInOthers bounds how many spans more or fewer the processors that are not listed were
// handed than they exported: those that came within a schedule delay of either end.
func waitingInOthers(s snapshot.Snapshot) uint64 {
	var delay time.Duration
	for _, p := range s.Processors {
		delay = max(delay, p.Settings.BatchTimeout)
	}
	return uint64(math.Ceil(float64(s.Others.Spans) * min(1, delay.Seconds()/max(s.Elapsed, 1).Seconds())))
}

// started counts the calls of Start if its probe was in place for the whole window. Otherwise
// it multiplies the spans that ended by the ratio of Start to End in probe windows. That
// is better than a rate, since probes slow down the calls that they count. If no span
// ended, for instance because none is sampled, or if spans wait to end, there is only the rate.
func started(s snapshot.Snapshot, ended *estimate.Estimate) *estimate.Estimate {
	starts, ends := s.CountOf("start"), s.CountOf("end")
	switch {
	case starts == nil:
		return nil
	case ended == nil || ends == nil || starts.Whole || starts.Calls == 0 || ends.Calls == 0 || waitingToEnd(s):
		return inWindows(s, *starts)
	}
	return ended.Scale(starts.Calls, ends.Calls)
}

// startedOf is started, but not less than ended where every span that ended was started in the
// window.
func startedOf(s snapshot.Snapshot, ended *estimate.Estimate) *estimate.Estimate {
	all := started(s, ended)
	if all == nil || ended == nil || all.Exact || !s.FromStart {
		return all
	}
	all.Value, all.Low, all.High = max(all.Value, ended.Value), max(all.Low, ended.Low), max(all.High, ended.High)
	return all
}

// live is how many spans had been started and not ended: known if otwatch has seen the target
// start, and counted both.
func live(s snapshot.Snapshot, spans report.Spans) *estimate.Estimate {
	started, ended := spans.Started, spans.Ended
	if !s.FromStart || started == nil || ended == nil || !started.Exact || !ended.Exact {
		return nil
	}
	return estimate.Counted(started.N - min(ended.N, started.N))
}

// lostSpans is how many spans the exports had at most whose records were lost.
func lostSpans(s snapshot.Snapshot) uint64 {
	if s.Probing.Lost == 0 {
		return 0
	}
	var batch uint64
	for _, p := range s.Processors {
		batch = max(batch, p.Settings.MaxExportBatchSize)
	}
	// Both come from outside: their product may overflow.
	return uint64(min(float64(s.Probing.Lost)*float64(max(batch, 1)), 1<<53))
}

// count is exact unless something was missed.
func count(n, unseen uint64) *estimate.Estimate {
	if unseen == 0 {
		return estimate.Counted(n)
	}
	return estimate.AtLeast(n, unseen)
}
