package analyzer

import (
	"fmt"
	"strings"
)

const (
	minExportSamples = 100  // with gzip on, dozens of them would be compressing
	manySpans        = 1000 // exported a second: about 200 kB/s or more
)

var uncompressed = diagnosis{
	id: "uncompressed", category: "Network",
	says:   "large payloads are sent without compression",
	when:   "of at least 100 CPU samples inside OTLP exporters, within a minute, none is in a compressor, and 1,000 spans a second or more are exported. Always info: payload sizes are not read, and on a local connection compression may not pay",
	clears: "a sample is in a compressor, or fewer than 800 spans a second are exported",
	needs:  "it takes 100 CPU samples inside OTLP exporters within a minute",
	judge:  judgeUncompressed,
}

// judgeUncompressed looks at all samples that are remembered: whether an exporter
// compresses does not change while it runs, and a busy process exports in few of
// its samples.
func judgeUncompressed(s seen) ruling {
	var spans float64
	for _, x := range s.merged.Exports {
		if strings.HasPrefix(x.Component, "otlp_") {
			spans += float64(x.Spans)
		}
	}
	rate, samples := spans/s.seconds(), s.remembered.exports[0]
	switch {
	case s.remembered.stages[stageCompress] > 0 || samples > 0 && rate < 0.8*manySpans:
		return ruling{state: healthy}
	case samples < minExportSamples || rate < manySpans:
		return ruling{}
	}
	return ruling{
		state: sick, severity: severityInfo,
		title:    fmt.Sprintf("%.0f spans a second are sent without compression", rate),
		evidence: map[string]float64{"spans_per_second": rate, "samples_exporting": float64(samples), "samples_compressing": 0},
		advice:   []Advice{setting("compress what is exported, unless the receiver is on this host", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip")},
	}
}
