package accounting

import (
	"time"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// addFailure adds why an export failed, or what the receiver said of it, to a list, so many
// times. Moments are by CLOCK_MONOTONIC.
func addFailure(list []snapshot.Failure, call probes.Call, times uint64) []snapshot.Failure {
	f := snapshot.Failure{Text: call.Error.Text, Unread: call.Error.Unread, Count: times}
	switch {
	case call.Failed:
	case call.Partial:
		f = snapshot.Failure{Text: call.Message, Message: true, Count: times}
	default:
		return list
	}
	f.Alike = failure.Alike(f.Text)
	f.First = time.Unix(0, int64(call.EndedNS))
	f.Last = f.First
	return snapshot.AddFailure(list, f)
}

// unencodable reports whether an export failed since its message could not be encoded: nothing
// was sent.
func unencodable(call probes.Call) bool {
	return call.Failed && failure.Classify(call.Error.Text).Encoding
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
