package analyzer

import "fmt"

const criticalFailures = 0.5 // of the exports

var exportErrors = diagnosis{
	id: "export-errors", category: "Network",
	says:   "exports fail, or need several attempts",
	when:   "an export failed, a receiver rejected spans, or an attempt was repeated; critical where half of the exports or spans fail; info where repeated attempts, no more than one an export, all succeeded",
	clears: "exports return, and none failed or was repeated",
	needs:  "no export has returned",
	judge:  judgeExportErrors,
}

func judgeExportErrors(s seen) ruling {
	e := s.flow.Export
	var retried float64
	if e.Retried != nil {
		retried = float64(*e.Retried)
	}
	delivered, failed := lostInExports(s)
	switch {
	case e.Operations == 0 && retried == 0:
		return ruling{}
	case e.Failed == 0 && failed == 0 && retried == 0:
		return ruling{state: healthy}
	}
	operations := float64(e.Operations)
	r := ruling{
		state: sick, severity: severe(float64(e.Failed) >= criticalFailures*operations || failed >= criticalFailures*(delivered+failed)),
		title:    fmt.Sprintf("%d of %d exports failed, %.0f spans lost with them", e.Failed, e.Operations, failed),
		evidence: map[string]float64{"operations": operations, "failed": float64(e.Failed), "spans_failed": failed, "retried": retried},
	}
	if e.Failed == 0 && failed == 0 {
		r.severity, r.title = retrySeverity(retried, operations), fmt.Sprintf("%.0f attempts were repeated in %d exports", retried, e.Operations)
	}
	r.advice = []Advice{setting("check that the receiver is there and takes what it is sent: the service's log has its answers; or send to a collector that does",
		"OTEL_EXPORTER_OTLP_ENDPOINT", s.endpoint("COLLECTOR"))}
	return r
}

// retrySeverity tells a hiccup from a storm. Attempts without an export that
// returned are a storm.
func retrySeverity(retried, operations float64) string {
	if retried > operations {
		return severityWarning
	}
	return severityInfo
}

// lostInExports are the spans that exports delivered and did not.
func lostInExports(s seen) (delivered, failed float64) {
	for _, x := range s.merged.Exports {
		delivered += float64(x.Exported)
		failed += float64(x.Failed)
	}
	return delivered, failed
}
