package findings

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	minSpinning    = 0.2  // part of a core, and of the CPU time, that spinning takes at least
	leastKnownLeak = 0.05 // share of otelgrpc's spans that must never end, at the lower bound
	namedDefects   = 3    // in a title
	advisedDefects = 5    // that have an advice each
)

var knownIssue = rule{
	id: "known-issue", category: "Version",
	says: "a known defect or vulnerability of the SDK or of an instrumentation",
	when: "warning if its symptom is seen: the batch processor of log records before v0.21 of sdk/log takes 20 % of a core or more, and of the CPU time, to decide when a batch is full; spans of otelgrpc v0.52 to v0.59 are never ended; exports over HTTP/2 fail because their body cannot be sent again; or exports fail with 404 because a URL without a path is used as it is. " +
		"Info if the build information has a version with a [defect in the table](#known-defects), and the program has the function with the defect",
	clears: "the symptom is gone; the version of a process does not change",
	needs:  needsSamples,
	judge:  judgeKnownIssue,
}

// symptom is how a defect shows in a target. Its measure is evidence, by the name.
type symptom struct {
	measure string
	seen    func(facts) (says string, measured float64, ok bool)
}

// symptoms is the table, by the ID of the defect.
var symptoms = map[string]symptom{
	defects.LogSpin:         {"log_processor_cores", logProcessorSpins},
	defects.FilteredSpans:   {"never_ended_share", filteredSpansLeak},
	defects.BodyNotRepeated: {"failed_exports", bodyNotRepeated},
	defects.PathNotAppended: {"failed_exports", pathNotAppended},
}

// judgeKnownIssue looks for a symptom first. Versions alone are an info.
func judgeKnownIssue(s facts) verdict {
	known := defects.Find(s.modules(), s.lately.Target.Linked)
	for _, d := range defects.All() {
		of := symptoms[d.ID]
		if of.seen == nil || !s.mayHave(d.ID) {
			continue
		}
		if says, measured, ok := of.seen(s); ok {
			v := verdict{
				state: present, severity: report.Warning, title: says + " (" + d.Source + ")",
				evidence: map[string]float64{of.measure: measured}, advice: []report.Advice{code(cureOf(d, known))},
			}
			maps.Copy(v.evidence, countsOf(known))
			return v
		}
	}
	switch {
	case len(known) > 0:
		return versionsAlone(known)
	case s.sampled.Counts.Samples < minCostSamples && len(s.modules()) == 0:
		return verdict{}
	}
	return verdict{state: absent}
}

func (s facts) modules() []snapshot.Module { return s.lately.Target.Modules }

// mayHave reports whether the target's modules have the defect with an ID, or are not known.
func (s facts) mayHave(id string) bool {
	return len(s.modules()) == 0 || slices.ContainsFunc(s.modules(), func(m snapshot.Module) bool { return m.Version == "" || defects.Affected(id, m) })
}

// cureOf is what to do about a defect whose symptom is seen, even if the version is not known.
func cureOf(d defects.Defect, known []defects.Found) string {
	if i := slices.IndexFunc(known, func(f defects.Found) bool { return f.ID == d.ID }); i >= 0 {
		return known[i].Cure()
	}
	r := d.Affects[0]
	if r.Before == "" {
		return d.Instead
	}
	return fmt.Sprintf("upgrade %s to %s or later", r.Module, r.Before)
}

// versionsAlone is the verdict on defects of which nothing is seen.
func versionsAlone(known []defects.Found) verdict {
	v := verdict{state: present, severity: report.Info, evidence: countsOf(known)}
	var named []string
	for i, f := range known {
		if i < namedDefects {
			named = append(named, f.ID)
		}
		if i < advisedDefects {
			v.advice = append(v.advice, code(fmt.Sprintf("%s: %s, %s (%s)", f.Cure(), f.ID, f.Says, f.Source)))
		}
	}
	if more := len(known) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("%d more", more))
	}
	if more := len(known) - len(v.advice); more > 0 {
		v.advice = append(v.advice, code(fmt.Sprintf("%d more are listed by otwatch audit", more)))
	}
	v.title = fmt.Sprintf("the versions of its OpenTelemetry modules have %s: %s", defects.Counted(known), strings.Join(named, ", "))
	return v
}

// countsOf is the evidence of versions.
func countsOf(known []defects.Found) map[string]float64 {
	if len(known) == 0 {
		return nil
	}
	vulnerabilities, others := defects.Count(known)
	return map[string]float64{"vulnerabilities": float64(vulnerabilities), "defects": float64(others)}
}

// logProcessorSpins is the spin of the log processor while its exports are slow.
func logProcessorSpins(s facts) (says string, cores float64, ok bool) {
	c := s.sampled.Counts
	if c.Samples < minCostSamples {
		return "", 0, false
	}
	share := estimate.Proportion(c.Share(c.LogPolling), c.Samples)
	cores = share.Value * s.cores()
	return fmt.Sprintf("the batch processor of log records spins while its exports are slow: it takes %s of a core", estimate.Percent(cores)),
		cores, share.Low >= minSpinning && cores >= minSpinning
}

// filteredSpansLeak is spans that otelgrpc starts and, if its filter rejects them, never ends.
func filteredSpansLeak(s facts) (says string, share float64, ok bool) {
	for _, l := range s.leaks {
		version, leaks := leavesFilteredSpans(l.Module)
		if !leaks {
			continue
		}
		if l.NeverEnded != nil && l.NeverEnded.Low > leastKnownLeak {
			return fmt.Sprintf("otelgrpc %s starts spans for calls that its filter rejects, and never ends them: %s of its spans",
				version, estimate.Percent(l.NeverEnded.Value)), l.NeverEnded.Value, true
		}
	}
	return "", 0, false
}

// leavesFilteredSpans reports whether a module, with its version, starts spans for calls that its
// filter rejects, and never ends them.
func leavesFilteredSpans(module string) (version string, leaks bool) {
	path, version, _ := strings.Cut(module, "@")
	return version, defects.Affected(defects.FilteredSpans, snapshot.Module{Path: path, Version: version})
}

// bodyNotRepeated is exports that fail because a connection was closed meanwhile. Source of the
// text: net/http, h2_bundle.go (http2shouldRetryRequest).
func bodyNotRepeated(s facts) (says string, failed float64, ok bool) {
	for _, e := range analyzer.ExportErrors(s.exports.Exports) {
		if strings.Contains(e.Text, "define Request.GetBody to avoid this error") {
			failed += float64(e.Count)
		}
	}
	return fmt.Sprintf("%.0f exports failed because the receiver, or a proxy, closed the HTTP/2 connection, and the exporter cannot send a body again", failed),
		failed, failed > 0
}

// pathNotAppended is exports to a URL without a path that a receiver does not serve. A variable may
// give such a URL, too, where no code calls WithEndpointURL.
func pathNotAppended(s facts) (says string, failed float64, ok bool) {
	options := s.lately.Target.Options
	if options != nil && !slices.ContainsFunc(options, func(o snapshot.Option) bool { return strings.HasSuffix(o.Function, "http.WithEndpointURL") }) {
		return "", 0, false
	}
	for _, e := range analyzer.ExportErrors(s.exports.Exports) {
		if e.Code == "404" && (e.Path == "" || e.Path == "/") {
			failed += float64(e.Count)
		}
	}
	return fmt.Sprintf("%.0f exports were posted to / and not to /v1/traces: the exporter no longer adds the path to the URL of WithEndpointURL", failed),
		failed, failed > 0
}
