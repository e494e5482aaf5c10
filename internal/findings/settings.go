package findings

import (
	"maps"
	"slices"
	"strconv"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// inMemory are the settings that are read from the memory of a batch span processor, by the
// environment variable that advice has.
var inMemory = map[string]func(snapshot.Settings) uint64{
	"OTEL_BSP_MAX_QUEUE_SIZE":        func(s snapshot.Settings) uint64 { return s.MaxQueueSize },
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": func(s snapshot.Settings) uint64 { return s.MaxExportBatchSize },
	"OTEL_BSP_SCHEDULE_DELAY":        func(s snapshot.Settings) uint64 { return uint64(s.BatchTimeout.Milliseconds()) },
	"OTEL_BSP_EXPORT_TIMEOUT":        func(s snapshot.Settings) uint64 { return uint64(s.ExportTimeout.Milliseconds()) },
}

// withoutSet removes from advice what all processors are set to already, and advice of which
// nothing remains.
func withoutSet(advice []report.Advice, processors []snapshot.Processor) []report.Advice {
	rest := []report.Advice{}
	for _, a := range advice {
		wanted := maps.Clone(a.Wanted)
		maps.DeleteFunc(wanted, func(name, value string) bool { return isSet(name, value, snapshot.Batching(processors)) })
		if len(a.Wanted) == 0 || len(wanted) > 0 {
			a.Wanted = wanted
			rest = append(rest, a)
		}
	}
	return rest
}

// fitted is advice in the way in which the program can follow it.
func fitted(advice []report.Advice, s facts) []report.Advice {
	rest := withoutSet(advice, s.lately.Processors)
	for i, a := range rest {
		rest[i] = s.configured().Fit(a)
	}
	return rest
}

// isSet reports whether all processors have a setting.
func isSet(name, value string, processors []snapshot.Processor) bool {
	read, ok := inMemory[name]
	return ok && len(processors) > 0 && !slices.ContainsFunc(processors, func(p snapshot.Processor) bool {
		return strconv.FormatUint(read(p.Settings), 10) != value
	})
}
