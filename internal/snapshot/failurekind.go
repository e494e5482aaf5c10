package snapshot

// MaxFailureKinds bounds the kinds of failures of an exporter. What is beyond them is only in the
// exporter's own counts.
const MaxFailureKinds = 2

// FailureKind is what of an exporter's exports failed for one kind of reason.
type FailureKind struct {
	Class     string    // one of package failure
	Code      string    // HTTP status, or code of gRPC; empty if there is none
	Records   uint64    // spans, data points or log records, rejected or given up
	Durations Histogram // of the calls that returned such an error
}

// AddFailureKind adds one to a list.
func AddFailureKind(list []FailureKind, next FailureKind) []FailureKind {
	for i, kind := range list {
		if kind.Class == next.Class && kind.Code == next.Code {
			list[i].Records = plus(kind.Records, next.Records)
			list[i].Durations.Merge(next.Durations)
			return list
		}
	}
	if len(list) < MaxFailureKinds {
		list = append(list, next)
	}
	return list
}

// MergeFailureKinds merges two lists. Neither is modified.
func MergeFailureKinds(a, b []FailureKind) []FailureKind { return mergeWith(AddFailureKind, a, b) }
