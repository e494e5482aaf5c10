package findings

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// minSignalFailures is how many exports of metrics or logs must fail: one may be that of
	// a start or an end.
	minSignalFailures = 2
	// lastOfSignal is how many of the last exports of a signal are judged.
	lastOfSignal = 10
)

// signalFailures are when exports of each signal last failed, over the whole watch.
type signalFailures map[string]time.Time

// add adds the next interval, which ends now.
func (f signalFailures) add(s snapshot.Snapshot, now time.Time) {
	for _, p := range s.Pipelines {
		if p.Calls.Errors > 0 {
			f[p.Signal] = now
		}
	}
}

// everySignal judges spans by one function, and metrics and logs by another, one at a time.
// What it says of these is added to what it says of spans.
func everySignal(ofSpans func(facts) verdict, ofSignal func(facts, snapshot.Pipeline) verdict) func(facts) verdict {
	return func(s facts) verdict {
		v := ofSpans(s)
		for _, p := range s.Total.Pipelines {
			v = together(v, ofSignal(s, p))
		}
		return v
	}
}

// together is one verdict for two signals.
func together(a, b verdict) verdict {
	switch {
	case b.state != present:
		a.state = max(a.state, b.state)
		return a
	case a.state != present:
		return b
	}
	a.title += "; " + b.title
	a.evidence = maps.Clone(a.evidence)
	maps.Copy(a.evidence, b.evidence)
	if slices.Index(report.Severities, b.severity) > slices.Index(report.Severities, a.severity) {
		a.severity = b.severity
	}
	return a
}

// recordsOf are what the records of a signal are called.
func recordsOf(signal string) string {
	if signal == snapshot.Metrics {
		return "data points"
	}
	return "log records"
}

// judgeSignalErrors judges the exports of metrics or logs since the attach: those of metrics
// are a minute apart by default.
func judgeSignalErrors(s facts, p snapshot.Pipeline) verdict {
	if p.Calls.Count == 0 {
		return verdict{}
	}
	failed := s.deliveries.signals[p.Signal]
	share := estimate.Ratio(p.Calls.Errors, p.Calls.Count)
	if p.Unsized == 0 && p.Records > 0 {
		share = estimate.Ratio(p.Failed, p.Records)
	}
	if p.Calls.Errors < minSignalFailures || share <= s.limits.Drops || !s.deliveries.lately(failed) {
		return verdict{state: absent}
	}
	lost := ""
	evidence := map[string]float64{p.Signal + "_exports": float64(p.Calls.Count), p.Signal + "_exports_failed": float64(p.Calls.Errors)}
	if p.Failed > 0 {
		lost = fmt.Sprintf(", and %s %s were lost", humanize.Comma(int64(p.Failed)), recordsOf(p.Signal))
		evidence[p.Signal+"_records_lost"] = float64(p.Failed)
	}
	return verdict{
		state: present, severity: severe(share >= criticalFailures), until: failed, evidence: evidence,
		title:  fmt.Sprintf("%d of %d exports of %s failed%s, most recently at %s", p.Calls.Errors, p.Calls.Count, p.Signal, lost, clock(failed)),
		advice: []report.Advice{signalEndpoint(s, p.Signal, "check that the receiver is running and accepts "+p.Signal+" (its answers are in the service's log), or export them to another one", "COLLECTOR")},
	}
}

// judgeSignalSlow judges the last exports of metrics or logs.
func judgeSignalSlow(s facts, p snapshot.Pipeline) verdict {
	last := slices.Clone(p.Calls.Durations[max(0, len(p.Calls.Durations)-lastOfSignal):])
	if len(last) == 0 {
		return verdict{}
	}
	slices.Sort(last)
	limit := s.limits.P99
	p50, p99 := estimate.Quantile(last, 0.5), estimate.Quantile(last, 0.99)
	slow := len(last)
	for slow > 0 && last[len(last)-slow] <= limit {
		slow--
	}
	switch {
	case float64(p99) < slowClears*float64(limit):
		return verdict{state: absent}
	case slow < minSlow:
		return verdict{}
	}
	return verdict{
		state: present, severity: severe(p50 > limit),
		title: fmt.Sprintf("the p99 of the last %d exports of %s is %s s", len(last), p.Signal, short(p99.Seconds())),
		evidence: map[string]float64{
			p.Signal + "_p50_ms": inMS(p50), p.Signal + "_p99_ms": inMS(p99), p.Signal + "_exports": float64(len(last)), "limit_ms": inMS(limit),
		},
		advice: []report.Advice{signalEndpoint(s, p.Signal, "export "+p.Signal+" to a collector on this host or in this zone that forwards them", "localhost")},
	}
}

// signalEndpoint is advice to export a signal elsewhere.
func signalEndpoint(s facts, signal, title, host string) report.Advice {
	name := "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	if signal == snapshot.Logs {
		name = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
	}
	return setting(title, name, s.endpoint(host))
}
