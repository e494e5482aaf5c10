package findings

import (
	"fmt"
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	criticalFailures = 0.5 // of the spans that were exported

	// undeliveredFor is how long nothing must be delivered to say so: the timeout of an
	// OTLP export, by default.
	undeliveredFor = 10 * time.Second
	// undelivered is the evidence of that.
	undelivered = "undelivered_ms"
	// undeliveredByOne is that of one of several exporters, and undeliveredByIts that of
	// findings about its processor.
	undeliveredByOne = "one_undelivered_ms"
	undeliveredByIts = "exporter_undelivered_ms"
)

var exportErrors = rule{
	id: "export-errors", category: "Network",
	says:   "exports fail, or need several attempts",
	when:   "among the last exports one failed, a receiver rejected spans, or an attempt was repeated; or more than the limit `drops` (1 %) of the spans exported since the attach were lost; or two or more exports of metrics or logs failed since the attach, one of them in the last minute, and more than the limit of their records were lost. Critical if half of the spans were lost, or if nothing has been delivered for 10 s: at least two exports failed since then, or one has been running for 10 s. The same of one exporter whose exports fail and whose processor holds spans, while others deliver. Info if no span was lost: a receiver took all and sent a message, or there was at most one repeated attempt per export",
	clears: "the last exports were delivered at the first attempt, and losses since the attach are within the limit or over a minute old",
	needs:  "no export has returned",
	judge:  everySignal(judgeExportErrors, judgeSignalErrors),
}

func judgeExportErrors(s facts) verdict {
	if v, ok := judgeUndelivered(s); ok {
		return v
	}
	if v, ok := judgeUndeliveredByOne(s); ok {
		return v
	}
	e := s.exporting
	var retried float64
	if e.Retried != nil {
		retried = float64(*e.Retried)
	}
	delivered, failed := lostInExports(s.exports)
	why, failing := reasonIn(s.exports.Exports)
	switch {
	case e.Operations == 0 && retried == 0:
		return verdict{}
	case failed == 0 && (e.Failed > 0 || failing || retried == 0):
		if v := s.judgeFailedOverall(); v.state == present || e.Failed == 0 && !failing {
			return v
		}
		return judgeUnharmed(e, why, failing)
	}
	r := verdict{
		state: present, until: s.deliveries.failed, severity: severe(failed >= criticalFailures*(delivered+failed)),
		title:    fmt.Sprintf("%d of %d exports failed, and %.0f spans were lost", e.Failed, e.Operations, failed),
		evidence: map[string]float64{"operations": float64(e.Operations), "failed": float64(e.Failed), "spans_failed": failed, "retried": retried},
		advice:   []report.Advice{s.checkReceiver()},
	}
	switch {
	case failed == 0:
		r.severity, r.title, r.until = retrySeverity(retried, float64(e.Operations)), retryTitle(retried, e.Operations), time.Time{}
	case failing && why.is(failure.Partial):
		r.title = fmt.Sprintf("receivers rejected %.0f of %.0f spans", failed, delivered+failed)
	}
	r.explain(s, why, failing)
	return r
}

// judgeUnharmed is about errors, or messages of receivers, with which no span was lost.
func judgeUnharmed(e report.Export, why reason, known bool) verdict {
	v := verdict{
		state: present, severity: report.Info, title: fmt.Sprintf("%d of %d exports returned an error, and no span was lost", e.Failed, e.Operations),
		evidence: map[string]float64{"operations": float64(e.Operations), "failed": float64(e.Failed)},
		advice:   []report.Advice{},
	}
	if known {
		v.title = "no span was lost in the last exports; " + why.says()
		why.evidence(v.evidence)
	}
	return v
}

// explain adds why exports fail, and what to do about it.
func (v *verdict) explain(s facts, why reason, known bool) {
	if !known {
		return
	}
	v.title += ": " + why.says()
	why.evidence(v.evidence)
	v.advice = s.reasonAdvice(why)
}

// judgeUndelivered is ok if nothing is delivered any more: the cause of much else.
func judgeUndelivered(s facts) (v verdict, ok bool) {
	d := s.deliveries
	silent := d.now().Sub(d.silentSince())
	failing := d.failing()
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
	v.title = fmt.Sprintf("nothing has been delivered since %s", d.since())
	reason, known := reasonIn(s.exports.Exports)
	if !failing || !known || reason.is(failure.Unread) {
		v.title += ": " + why
	}
	v.explain(s, reason, known && failing)
	return v, true
}

// judgeUndeliveredByOne is ok if one exporter delivers nothing any more and its processor holds
// spans, while other exporters deliver.
func judgeUndeliveredByOne(s facts) (v verdict, ok bool) {
	for _, p := range s.Last().Processors {
		silent := s.deliveries.undeliveredBy(p.Exporter)
		if silent == 0 || p.After.Queue+p.After.Batch == 0 {
			continue
		}
		of := s.deliveries.exporters[p.Exporter]
		v = verdict{
			state: present, severity: report.Critical, since: s.deliveries.orAttached(of.delivered),
			title:    fmt.Sprintf("an exporter has delivered nothing since %s, while others deliver", of.since()),
			evidence: map[string]float64{undeliveredByOne: inMS(silent), "failed": float64(of.failures)},
			advice:   []report.Advice{s.checkReceiver()},
		}
		why, known := reasonIn(slices.DeleteFunc(slices.Clone(s.exports.Exports), func(x snapshot.Exporter) bool { return x.Address != p.Exporter }))
		v.explain(s, why, known)
		return v, true
	}
	return verdict{}, false
}

// blame adds to the evidence of a finding about a processor that its exporter delivers nothing.
func (s facts) blame(exporter uint64, evidence map[string]float64) {
	if silent := s.deliveries.undeliveredBy(exporter); silent > 0 {
		evidence[undeliveredByIts] = inMS(silent)
	}
}

// judgeFailedOverall judges by the whole watch, when none of the last exports failed.
func (s facts) judgeFailedOverall() verdict {
	delivered, failed := lostInExports(s.Total)
	share := failed / max(1, delivered+failed)
	if share <= s.limits.Drops || !s.deliveries.lately(s.deliveries.failed) {
		return verdict{state: absent}
	}
	v := verdict{
		state: present, severity: severe(share >= criticalFailures), until: s.deliveries.failed,
		title: fmt.Sprintf("%s of the spans exported since otwatch attached were lost, most recently at %s",
			estimate.Percent(share), clock(s.deliveries.failed)),
		evidence: map[string]float64{"spans_failed": failed, "spans_delivered": delivered, "share": share, "limit": s.limits.Drops},
		advice:   []report.Advice{s.checkReceiver()},
	}
	why, known := reasonIn(s.Total.Exports)
	v.explain(s, why, known)
	return v
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
