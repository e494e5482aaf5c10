package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	criticalFailures = 0.5 // of the exports

	// undeliveredFor is how long nothing must be delivered to say so: the timeout of an
	// OTLP export, by default.
	undeliveredFor = 10 * time.Second
	// undelivered is the evidence of that.
	undelivered = "undelivered_ms"

	// grpcMessage is how large a message a gRPC server takes unless it is told
	// otherwise. Source: grpc-go v1.84.0, server.go, defaultServerMaxReceiveMessageSize.
	grpcMessage = 4 << 20
	// nearMessage is the part of it from which on a message may be too large: what
	// is known of its size is the least, without keys of attributes and events.
	nearMessage = 0.75
	// encodedSpanBytes is a span in a message, but for the text of its attributes.
	encodedSpanBytes = 200
)

var exportErrors = rule{
	id: "export-errors", category: "Network",
	says:   "exports fail, or need several attempts",
	when:   "among the last exports one failed, a receiver rejected spans, or an attempt was repeated; or more than the limit `drops` (1 %) of the spans exported since the attach were lost; or two or more exports of metrics or logs failed since the attach, one of them in the last minute, and more than the limit of their records were lost. Critical if half of the exports or spans fail, or if nothing has been delivered for 10 s: at least two exports failed since then, or one has been running for 10 s; info if there was at most one repeated attempt per export and all succeeded",
	clears: "the last exports were delivered at the first attempt, and losses since the attach are within the limit or over a minute old",
	needs:  "no export has returned",
	judge:  everySignal(judgeExportErrors, judgeSignalErrors),
}

func judgeExportErrors(s facts) verdict {
	if v, ok := judgeUndelivered(s); ok {
		return v
	}
	e := s.exporting
	var retried float64
	if e.Retried != nil {
		retried = float64(*e.Retried)
	}
	delivered, failed := lostInExports(s.exports)
	switch {
	case e.Operations == 0 && retried == 0:
		return verdict{}
	case e.Failed == 0 && failed == 0 && retried == 0:
		return judgeFailedOverall(s)
	}
	operations := float64(e.Operations)
	r := verdict{
		state: present, until: s.deliveries.failed, severity: severe(float64(e.Failed) >= criticalFailures*operations || failed >= criticalFailures*(delivered+failed)),
		title:    fmt.Sprintf("%d of %d exports failed, and %.0f spans were lost", e.Failed, e.Operations, failed),
		evidence: map[string]float64{"operations": operations, "failed": float64(e.Failed), "spans_failed": failed, "retried": retried},
	}
	if e.Failed == 0 && failed == 0 {
		r.severity, r.title, r.until = retrySeverity(retried, operations), retryTitle(retried, e.Operations), time.Time{}
	}
	if m, ok := tooLarge(s); ok && retried == 0 { // a receiver that is away is tried again
		r.title += m.title()
		r.evidence["message_bytes"], r.evidence["message_limit_bytes"] = m.bytes, grpcMessage
		r.advice = m.advice((failed - m.failed) / (delivered + failed))
		return r
	}
	r.advice = []report.Advice{s.checkReceiver()}
	return r
}

// judgeUndelivered is ok if nothing is delivered any more: the cause of much else.
func judgeUndelivered(s facts) (v verdict, ok bool) {
	d := s.deliveries
	silent := d.now().Sub(d.silentSince())
	failing := d.failures > 1 || d.failures == 1 && d.never()
	if silent < undeliveredFor || !failing && s.waiting() < undeliveredFor {
		return verdict{}, false
	}
	v = verdict{
		state: present, severity: report.Critical, since: d.silentSince(),
		evidence: map[string]float64{undelivered: inMS(silent), "failed": float64(d.failures), "waiting_ms": inMS(s.waiting())},
		advice:   []report.Advice{s.checkReceiver()},
	}
	why := fmt.Sprintf("%d of %d exports failed", d.failures, d.failures)
	if !failing {
		why = fmt.Sprintf("an export has been running for %s s", short(s.waiting().Seconds()))
	}
	since := clock(d.silentSince())
	if d.never() {
		since = "otwatch attached"
	}
	v.title = fmt.Sprintf("nothing has been delivered since %s: %s", since, why)
	if m, ok := tooLarge(s); ok && failing {
		v.title += m.title()
		v.evidence["message_bytes"], v.evidence["message_limit_bytes"] = m.bytes, grpcMessage
		v.advice = m.advice(0)
	}
	return v, true
}

// judgeFailedOverall judges by the whole watch, when none of the last exports failed.
func judgeFailedOverall(s facts) verdict {
	delivered, failed := lostInExports(s.Total)
	share := failed / max(1, delivered+failed)
	if share <= s.limits.Drops || !s.deliveries.lately(s.deliveries.failed) {
		return verdict{state: absent}
	}
	return verdict{
		state: present, severity: severe(share >= criticalFailures), until: s.deliveries.failed,
		title: fmt.Sprintf("%s of the spans exported since otwatch attached were lost, most recently at %s",
			estimate.Percent(share), clock(s.deliveries.failed)),
		evidence: map[string]float64{"spans_failed": failed, "spans_delivered": delivered, "share": share, "limit": s.limits.Drops},
		advice:   []report.Advice{s.checkReceiver()},
	}
}

func (s facts) checkReceiver() report.Advice {
	return setting("check that the receiver is running and accepts the exports (its answers are in the service's log), or export to another collector",
		"OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint("COLLECTOR"))
}

// retrySeverity distinguishes a few repeated attempts from many. Attempts of which no
// export returned are many.
func retrySeverity(retried, operations float64) string {
	if retried > operations {
		return report.Warning
	}
	return report.Info
}

func retryTitle(retried float64, operations uint64) string {
	if operations == 0 {
		return fmt.Sprintf("no export has returned; retries: %.0f", retried)
	}
	return fmt.Sprintf("retries: %.0f in %d exports", retried, operations)
}

// lostInExports counts the spans that exports delivered and those that they did not.
func lostInExports(s snapshot.Snapshot) (delivered, failed float64) {
	for _, x := range s.Exports {
		delivered += float64(x.Exported)
		failed += float64(x.Failed)
	}
	return delivered, failed
}

// messages are failed exports that were too large for a gRPC receiver.
type messages struct {
	bytes  float64 // of the largest, at the least
	failed float64 // spans in them
	batch  uint64  // largest batch that is certainly small enough
}

// tooLarge looks for a batch processor whose exports fail when they are near the limit of
// gRPC. It is not ok if a message above that limit was accepted: the receiver has another
// limit.
func tooLarge(s facts) (m messages, ok bool) {
	text := analyzer.AttributeBytes(s.texts())
	if text == nil {
		return m, false
	}
	m.batch = uint64(roundDown(nearMessage * grpcMessage / (text.High + encodedSpanBytes)))
	for _, x := range s.exports.Exports {
		if x.Component != "otlp_grpc_span_exporter" || !largerBatches(s.lately.Processors, x.Address, m.batch) {
			continue
		}
		for _, op := range x.Latest {
			bytes := float64(op.Spans) * (text.Value + encodedSpanBytes)
			switch {
			case op.Failed == 0 && bytes >= grpcMessage:
				return m, false
			case op.Failed == op.Spans && bytes >= nearMessage*grpcMessage:
				m.bytes, m.failed = max(m.bytes, bytes), m.failed+float64(op.Failed)
			}
		}
	}
	return m, m.failed > 0 && m.batch > 0
}

// largerBatches reports whether a processor may hand its exporter more spans than a batch.
func largerBatches(processors []snapshot.Processor, exporter, batch uint64) bool {
	return slices.ContainsFunc(processors, func(p snapshot.Processor) bool {
		return p.Exporter == exporter && p.Settings.MaxExportBatchSize > batch
	})
}

func (m messages) title() string {
	return fmt.Sprintf("; their messages have %.1f MB or more, and gRPC accepts only %.1f MB", m.bytes/1e6, grpcMessage/1e6)
}

// advice is to send smaller messages; left is the share of spans that fail for other reasons.
func (m messages) advice(left float64) []report.Advice {
	smaller := setting(fmt.Sprintf("export at most %d spans at a time", m.batch), "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", decimal(m.batch))
	smaller.Expected["spans.failed_share"] = left
	return []report.Advice{smaller, code("or let the receiver accept larger messages: max_recv_msg_size_mib of a collector's otlp receiver")}
}
