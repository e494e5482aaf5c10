package findings

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	leakShare   = 0.001 // of the spans that a site starts
	minLeaked   = 5     // followed spans
	leakedBadly = 0.1   // critical: of all spans, or of the live heap,
	leakedMuch  = 10e6  // if it is so many bytes
	minFollowed = 200   // from where on all is well
)

var spanLeak = rule{
	id: "span-leak", category: "Memory",
	says: "spans that a call site starts are never ended: lost telemetry, and a memory leak where something holds them",
	when: "of the spans followed from a call site, at least five and 0.1 % are held open or were abandoned. " +
		"Held open: not ended and still in memory after as many garbage collections as free an ended span, older than 20 s and than three times the oldest span that ended there, and the call that started it has returned. If fewer than 20 spans of the name ended, they must be older than 15 minutes, and their number must only have grown, unless a version of otelgrpc that is known not to end some started them for a server. " +
		"Abandoned: not ended, and its memory was reused. Critical if a tenth of all spans is never ended, or if held spans take a tenth of the live heap and 10 MB",
	clears: "no span is held open, apart from abandoned ones whose memory may not have been reused yet, and none was abandoned: " +
		"none of 200 followed in the last ten to twenty minutes, or none in the last two intervals or more, up to a minute, in which ten would have been expected",
	needs: "needs 200 spans followed from their start, and garbage collections that distinguish held spans from abandoned ones",
	judge: judgeSpanLeak,
}

func judgeSpanLeak(s facts) verdict {
	var leaking []leak
	var followed uint64
	suspicious := false
	for _, l := range s.leaks {
		followed += l.Followed
		if l.leaks() {
			leaking = append(leaking, l)
		}
		suspicious = suspicious || l.suspicious()
	}
	switch {
	case len(leaking) == 0 && (suspicious || followed < minFollowed):
		return verdict{}
	case len(leaking) == 0:
		return verdict{state: absent}
	}
	worst := leaking[0]
	return verdict{
		state: present, severity: severe(s.leaksBadly(leaking)), title: titleOf(worst, len(leaking)), evidence: leakEvidence(leaking),
		advice: []report.Advice{code(worst.cure())},
	}
}

// cure is the advice for a leak. Spans that another module starts cannot be ended by the
// program's code.
func (l leak) cure() string {
	if known := instrumentationOf(l.Function); known != nil && known.leak.does != "" {
		return known.leak.does + ". If that does not help, upgrade " + cmp.Or(l.Module, "the module")
	}
	if l.Module != "" {
		return "upgrade " + l.Module + ", which starts these spans, or check how it is called at " + cmp.Or(l.OwnCode, l.Caller) +
			": its streams, bodies and transactions must be closed"
	}
	return "end the spans started at " + l.name() + " on every path: defer span.End() right after Start, " +
		"or start the span only after the checks that may skip it; github.com/jjti/go-spancheck, which golangci-lint has too, finds paths that do not end their spans"
}

// leaks reports whether spans of the site are never ended, significantly and often enough
// to matter.
func (l leak) leaks() bool {
	if l.NeverEnded == nil {
		return false
	}
	return l.holds() || l.abandons()
}

// suspicious reports whether some span of the site may never be ended.
func (l leak) suspicious() bool {
	if l.NeverEnded == nil {
		return false
	}
	if l.certainlyHeld() && !l.LongLived || !l.stopped && (l.reused > 0 || l.atLeastAbandoned() >= 1) {
		return true
	}
	// Some are old, but no collections have told whether anything holds them.
	return l.HeldOpen != nil && l.NeverEnded.Value-l.Abandoned.Value-l.HeldOpen.Value >= leakShare
}

// atLeastAbandoned is the lower bound of the followed spans that were abandoned.
func (l leak) atLeastAbandoned() float64 { return l.Abandoned.Low * float64(l.Followed) }

// holds reports whether spans of the site are held open.
func (l leak) holds() bool {
	return l.HeldOpen != nil && l.held >= minLeaked && l.HeldOpen.Value >= leakShare && l.certainlyHeld()
}

// certainlyHeld reports whether more spans look held than abandoned spans do by chance.
func (l leak) certainlyHeld() bool {
	held := float64(l.held)
	lookHeld := l.lingering * (held + float64(l.reused+l.lost))
	return held > lookHeld+estimate.Z95*math.Sqrt(lookHeld)
}

// abandons reports whether spans of the site are abandoned. Spans whose fate is unknown
// count if they are significantly more than those that may have ended unobserved.
func (l leak) abandons() bool {
	return !l.stopped && l.Abandoned.Value >= leakShare && (l.reused >= minLeaked || l.atLeastAbandoned() >= minLeaked)
}

func (s facts) leaksBadly(leaking []leak) bool {
	var never, bytes float64
	for _, l := range leaking {
		never += l.NeverEndedOfAll()
		if l.HeldBytes != nil {
			bytes += l.HeldBytes.Value
		}
	}
	live := float64(s.lately.Heap.Live)
	return never >= leakedBadly || live > 0 && bytes >= max(leakedMuch, leakedBadly*live)
}

func titleOf(l leak, sites int) string {
	title := fmt.Sprintf("%s of the spans %sstarted at %s are never ended", estimate.Percent(l.NeverEnded.Value), quoted(l.SpanName), l.name())
	if l.holds() {
		title += fmt.Sprintf("; %s are still in memory, the oldest for %s", l.heldPart(), lasting(time.Duration(l.OldestSeconds*float64(time.Second))))
	}
	if len(l.OpenNames) > 0 && l.SpanName == "" {
		title += "; not ended are: " + strings.Join(l.OpenNames, ", ")
	}
	if sites > 1 {
		title += fmt.Sprintf("; also some spans of %d other call sites", sites-1)
	}
	return title
}

// heldPart is the part of the spans that is held open, all of those that never end or a
// share.
func (l leak) heldPart() string {
	held := estimate.Percent(l.HeldOpen.Value)
	if held == estimate.Percent(l.NeverEnded.Value) {
		return "all of these"
	}
	return held
}

// quoted is a span's name in quotes and a space, or nothing.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("%q ", name)
}

// leakEvidence is of the worst site; held spans and bytes are of all sites.
func leakEvidence(leaking []leak) map[string]float64 {
	worst := leaking[0]
	evidence := map[string]float64{
		"sites": float64(len(leaking)), "followed": float64(worst.Followed), "share_of_spans": worst.OfSpans,
		"never_ended": worst.NeverEnded.Value, "never_ended_low": worst.NeverEnded.Low, "never_ended_high": worst.NeverEnded.High,
		"abandoned": worst.Abandoned.Value, "held_followed": float64(worst.held),
		"oldest_seconds": worst.OldestSeconds, "longest_end_seconds": worst.LongestEndSeconds, "normal_seconds": worst.NormalSeconds,
	}
	if worst.HeldOpen != nil {
		evidence["held_open"] = worst.HeldOpen.Value
	}
	for _, l := range leaking {
		if l.HeldSpans != nil {
			evidence["held_spans"] += l.HeldSpans.Value
		}
		if l.HeldBytes != nil {
			evidence["held_bytes"] += l.HeldBytes.Value
		}
	}
	return evidence
}
