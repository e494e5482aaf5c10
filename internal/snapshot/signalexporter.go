package snapshot

// SignalExporter is the exporter of one metric reader or log batch processor, with its
// exports that returned in the interval. What failed is not in Durations and Collections.
type SignalExporter struct {
	Address   uint64 // of the reader, or of what the log SDK wraps the exporter in; 0: all for which there is no room
	Component string // otel.component.type, as in otlp_grpc_log_exporter
	Index     int    // in order of discovery, from 0, per component type
	Reader    int    // number of the metric reader or log processor, in order of discovery, from 0
	Exported  uint64 // records accepted by the receiver
	Failed    uint64 // records rejected or given up
	Inflight  uint64 // records in exports that had not returned at the end
	Unsized   uint64 // exports of which the number of records is unknown
	Durations Histogram
	Failures  Histogram
	Kinds     []FailureKind // of the exports that failed
	Queue     LogQueue
	// Collections are those of the metric reader.
	Collections       Histogram
	FailedCollections Histogram
}

// LogQueue is the queue of a log batch processor, with what else the processor holds. It is zero
// unless the processor is known.
type LogQueue struct {
	Capacity uint64
	Before   LogReading // at the start of the interval, or when it was first seen
	After    LogReading // at its end, or the last one before the process ended
	Peak     uint64     // longest queue observed
	// Unsure is how many records, at most, the processor dropped without a word when exports of its
	// whole queue failed.
	Unsure uint64
}

// LogReading is a log batch processor's state at one moment, in records.
type LogReading struct {
	Queue uint64
	// Held is those in the queue, and in batches whose export has not returned. At the attach it
	// is worked out from the first reading, and Slack is how many more or fewer they may be.
	Held  int64
	Slack uint64
	// Dropped is since the processor last reported how many it had dropped, DropSlack how many of
	// them may belong to the other side of the moment.
	Dropped   uint64
	DropSlack uint64
	// Unread says that this is an older state: what came after it is not known.
	Unread bool
}

func mergeLogQueue(a, b LogQueue) LogQueue {
	merged := b
	if a.Capacity > 0 {
		merged.Before = a.Before
	}
	merged.Peak = max(a.Peak, b.Peak)
	merged.Unsure = plus(a.Unsure, b.Unsure)
	return merged
}

func mergeSignalExporter(a, b SignalExporter) SignalExporter {
	merged := b
	merged.Exported = plus(merged.Exported, a.Exported)
	merged.Failed = plus(merged.Failed, a.Failed)
	merged.Unsized = plus(merged.Unsized, a.Unsized)
	merged.Durations.Merge(a.Durations)
	merged.Failures.Merge(a.Failures)
	merged.Kinds = MergeFailureKinds(a.Kinds, b.Kinds)
	merged.Collections.Merge(a.Collections)
	merged.FailedCollections.Merge(a.FailedCollections)
	merged.Queue = mergeLogQueue(a.Queue, b.Queue)
	return merged
}
