package snapshot

import "time"

// MaxFailures bounds Exporter.Reasons and Pipeline.Reasons: what is above is counted without
// a text.
const MaxFailures = 8

// Failure is an error that exports returned, or a receiver's message with a partial success.
// Errors whose texts differ in numbers only are one: Text is the latest.
type Failure struct {
	Alike   string // what such texts have in common
	Text    string // clean, and without credentials; empty if Unread
	Unread  string // why there is no text
	Message bool   // a receiver's message, not an error: the export succeeded in part
	Count   uint64
	// First and Last are when the first and the last one returned.
	First, Last time.Time
}

// AddFailure adds one to a list that is bounded by MaxFailures, but for one without a text that
// has all that there is no room for.
func AddFailure(list []Failure, next Failure) []Failure {
	if next.Count == 0 {
		return list
	}
	for i := range list {
		if ofOneKind(list[i], next) {
			list[i] = list[i].merge(next)
			return list
		}
	}
	if len(list) < MaxFailures || next.Alike == others.Alike && next.Unread == others.Unread {
		return append(list, next)
	}
	rest := others
	rest.Message, rest.Count, rest.First, rest.Last = next.Message, next.Count, next.First, next.Last
	return AddFailure(list, rest)
}

// others are the failures that there is no room for.
var others = Failure{Unread: "more kinds of errors were returned than otwatch keeps"}

func ofOneKind(a, b Failure) bool {
	return a.Alike == b.Alike && a.Unread == b.Unread && a.Message == b.Message
}

func (f Failure) merge(next Failure) Failure {
	merged := next
	merged.Count = plus(f.Count, next.Count)
	merged.First, merged.Last = earlier(f.First, next.First), later(f.Last, next.Last)
	if f.Last.After(next.Last) {
		merged.Text = f.Text
	}
	return merged
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mergeFailures merges two lists. Neither is modified.
func mergeFailures(a, b []Failure) []Failure { return mergeWith(AddFailure, a, b) }

// mergeWith adds what is in one list to a copy of another.
func mergeWith[T any](add func([]T, T) []T, a, b []T) []T {
	if len(a)+len(b) == 0 {
		return nil
	}
	merged := append([]T{}, a...)
	for _, next := range b {
		merged = add(merged, next)
	}
	return merged
}
