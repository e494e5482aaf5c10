package accounting

import (
	"time"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxTexts bounds the texts that are kept, of 1 KiB at most each. BPF copies some twenty errors a
// second of a target.
const maxTexts = 1 << 5

// texts are those of errors and messages that were looked at, with what is known of each.
// Where exports are observed in stretches, each is counted again and again.
type texts map[string]said

// said is what the text of an error, or a receiver's message, says.
type said struct {
	alike string // what texts have in common that differ in numbers only
	class failure.Class
	code  string
	// unencodable is that the message could not be encoded: nothing was sent.
	unencodable bool
}

// of is what an export's error says, or the receiver of a partial success.
func (t texts) of(call probes.Call) said {
	text := textOf(call)
	if text == "" {
		return said{}
	}
	known, ok := t[text]
	if !ok {
		f := failure.Classify(text)
		known = said{failure.Alike(text), f.Class, f.Code, f.Encoding}
		if len(t) >= maxTexts {
			clear(t)
		}
		t[text] = known
	}
	if !call.Failed { // these are the receiver's words
		known.class, known.code, known.unencodable = failure.Partial, "", false
	}
	return known
}

// addKind adds what failed of an export to a list, so many times, if its text is of a known class.
func addKind(list []snapshot.FailureKind, call probes.Call, why said, records, times uint64) []snapshot.FailureKind {
	if !call.Failed && records == 0 || why.class == "" || why.class == failure.Other {
		return list
	}
	kind := snapshot.FailureKind{Class: string(why.class), Code: why.code, Records: times * records}
	if call.Failed {
		kind.Durations.AddTimes(took(call), times)
	}
	return snapshot.AddFailureKind(list, kind)
}

func textOf(call probes.Call) string {
	switch {
	case call.Failed:
		return call.Error.Text
	case call.Partial:
		return call.Message
	}
	return ""
}

// addFailure adds why an export failed, or what the receiver said of it, to a list, so many
// times. Moments are by CLOCK_MONOTONIC.
func addFailure(list []snapshot.Failure, call probes.Call, alike string, times uint64) []snapshot.Failure {
	if !call.Failed && !call.Partial {
		return list
	}
	f := snapshot.Failure{Alike: alike, Text: textOf(call), Message: !call.Failed, Count: times}
	if call.Failed {
		f.Unread = call.Error.Unread
	}
	f.First = time.Unix(0, int64(call.EndedNS))
	f.Last = f.First
	return snapshot.AddFailure(list, f)
}

// Dated moves the moments of failures from CLOCK_MONOTONIC to a clock that is ahead of it.
func (i Interval) Dated(ahead time.Duration) {
	for _, e := range i.Exports {
		dated(e.Reasons, ahead)
	}
	for _, p := range i.Pipelines {
		dated(p.Reasons, ahead)
	}
}

func dated(list []snapshot.Failure, ahead time.Duration) {
	for i := range list {
		list[i].First, list[i].Last = list[i].First.Add(ahead).UTC(), list[i].Last.Add(ahead).UTC()
	}
}
