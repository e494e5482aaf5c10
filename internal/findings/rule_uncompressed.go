package findings

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	minExportSamples = 100  // with gzip on, dozens of them would be compressing
	manySpans        = 1000 // exported a second: about 200 kB/s or more
)

var uncompressed = rule{
	id: "uncompressed", category: "Network",
	says:   "large payloads are sent without compression",
	when:   "at least 1,000 spans a second are exported without compression: either the payloads are seen to be uncompressed (OTLP/HTTP), or none of at least 100 CPU samples in OTLP exporters, within a minute, is in a compressor. Always info, because compression may not pay on a local connection",
	clears: "a payload is compressed, a sample is in a compressor, or fewer than 800 spans a second are exported",
	needs:  "needs exports over HTTP, or 100 CPU samples inside OTLP exporters within a minute",
	judge:  judgeUncompressed,
}

// judgeUncompressed uses the samples of the whole Past: an exporter either compresses or
// not for as long as it runs, and few samples of a busy process are inside exports.
func judgeUncompressed(s facts) verdict {
	var spans float64
	for _, x := range s.lately.Exports {
		if strings.HasPrefix(x.Component, "otlp_") {
			spans += float64(x.Spans)
		}
	}
	rate, samples := spans/s.seconds(), s.allCounts.Tracing.Exporting
	payloads := s.figures.Export.Compression
	on := s.allCounts.Tracing.Stages[classify.StageCompress] > 0
	if payloads != nil {
		on = payloads.On
	}
	switch known := payloads != nil || samples >= minExportSamples; {
	case on || (payloads != nil || samples > 0) && rate < 0.8*manySpans:
		return verdict{state: absent}
	case !known || rate < manySpans:
		return verdict{}
	}
	r := verdict{
		state: present, severity: report.Info,
		title:    fmt.Sprintf("%.0f spans per second are sent without compression", rate),
		evidence: map[string]float64{"spans_per_second": rate, "samples_exporting": float64(samples), "samples_compressing": 0},
	}
	title := "compress exports, unless the receiver is on this host"
	if payloads != nil {
		perSecond := func(bytes float64) string { return humanize.Bytes(uint64(bytes / s.seconds())) }
		r.title += fmt.Sprintf(", %s per second", perSecond(float64(payloads.SentBytes)))
		r.evidence["sent_bytes_per_second"] = float64(payloads.SentBytes) / s.seconds()
		title += fmt.Sprintf(": gzip would save about %s per second (%s to %s)",
			perSecond(payloads.SavedBytes.Value), perSecond(payloads.SavedBytes.Low), perSecond(payloads.SavedBytes.High))
	}
	r.advice = []report.Advice{setting(title, "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip")}
	return r
}
