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
	// Collections are those of the metric reader.
	Collections       Histogram
	FailedCollections Histogram
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
	return merged
}
