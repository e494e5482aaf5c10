package analyzer

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/sdkconfig"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// unmeasured are figures of the report that one Snapshot does not have. Some of them come
// from package findings.
var unmeasured = []snapshot.Missing{
	{What: "memory.growth_bytes_per_minute", Why: "needs several consecutive intervals"},
	{What: "findings", Why: "need several consecutive intervals"},
}

// Analyze works out the figures of one Snapshot.
func Analyze(s snapshot.Snapshot) report.Report {
	return AnalyzeCounted(s, classify.Count(s.Samples.Stacks))
}

// AnalyzeCounted is Analyze for a Snapshot whose samples have been counted.
func AnalyzeCounted(s snapshot.Snapshot, c classify.Counts) report.Report {
	g := newGaps(s)
	r := report.Report{
		Schema:        report.Schema,
		Target:        describe(s.Target),
		Configuration: sdkconfig.Of(s).Report(),
		Window:        report.Window{Start: s.Start, Seconds: s.Elapsed.Seconds()},
		Spans:         spans(s, g),
		Queue:         queue(s.Processors),
		Processors:    processors(s),
		Export:        export(s, g),
		Pipelines:     pipelines(s, g),
		Flushes:       flushes(s, g),
		Memory:        report.Memory{RSSBytes: s.Process.RSS},
		Findings:      []report.Finding{},
		Leaks:         []report.Leak{},
		Names:         names(s, g),
		Attributes:    attributes(s.Values, g),
		Components:    components(s.Building, g),
		Living:        living(s.Goroutines, g),
		Kept:          kept(s.Kept, g),
		Probe:         probing(s.Probing),
		Doubted:       []snapshot.Missing{},
	}
	r.ForeignProbes = foreignProbes(s, c.Samples, g)
	r.CPU = cpu(s, c, g)
	r.Probe.SampleHz, r.Probe.Samples, r.Probe.Unclassified = s.Samples.Hz, c.Samples, c.Classes[classify.Unclassified]
	r.Probe.Lost += s.Samples.Lost + s.Names.Unread + s.Probing.Undrawn
	r.Spans.CostUS = costOfSpan(r, g)
	if r.Spans.AttributeBytes = AttributeBytes(s.Texts); r.Spans.AttributeBytes == nil {
		g.Add("spans.attribute_bytes", "needs 20 spans that were seen waiting in a batch processor")
	}
	r.Alloc = alloc(s.Heap, c, g)
	r.Sites = sites(c, g)
	costsOfNames(&r, s, c, g)
	r.Scopes = scopes(s, c, r, g)
	r.Request = request(s, r, g)
	r.Missing = g.Sorted()
	return r.Finite().Settled()
}

func describe(t snapshot.Target) report.Target {
	d := report.Target{
		PID: t.PID, Exe: t.Exe, ServiceName: t.ServiceName, GoVersion: t.GoVersion, SDKVersion: t.SDKVersion,
		Arch: t.Arch, Stripped: t.Stripped, PIE: t.PIE, Configured: t.Configured, SelfObserved: t.SelfObserved, Origin: t,
	}
	if t.ContainerID != "" {
		d.ContainerID = &t.ContainerID
	} else if unit := path.Base(t.Cgroup); strings.HasPrefix(t.Cgroup, "/system.slice/") && strings.HasSuffix(unit, ".service") {
		d.SystemdUnit = unit
	}
	if t.ContainerName != "" {
		d.ContainerName = &t.ContainerName
	}
	if k := t.Kubernetes; k != (snapshot.Kubernetes{}) {
		d.Kubernetes = &report.Kubernetes{
			Namespace: k.Namespace, Pod: k.PodName, PodUID: cmp.Or(k.PodUID, k.ClaimedPodUID), Container: k.Container, Node: k.Node,
			OwnerKind: k.OwnerKind, Owner: k.Owner,
		}
	}
	return d
}

func probing(p snapshot.Probing) report.Probe {
	return report.Probe{
		Hits: p.Hits, Windows: p.Windows, Lost: p.Lost, Unmatched: p.Unmatched,
		TargetCPUSeconds: p.TargetCPU.Seconds(), HitUS: float64(p.HitCharge) / 1e3, HitSource: p.HitSource, AgentCPUSeconds: p.AgentCPU.Seconds(), AgentRSSBytes: p.AgentRSS, Budget: p.Budget,
		Exporting: p.Exporting,
	}
}

// formerFlushes is what recordings name the calls of ForceFlush and Shutdown of the time when they
// were counted for span processors only.
const formerFlushes = "processors.calls"

// newGaps are those that are known before any figure is worked out.
func newGaps(s snapshot.Snapshot) *report.Gaps {
	gaps := s.Gaps
	if inStretches(s) {
		gaps = unstretched(gaps)
	}
	g := report.Gaps(slices.Concat(s.Missing, gaps, unmeasured))
	for _, m := range g {
		if m.What == formerFlushes {
			g.Add("flushes", m.Why)
		}
	}
	switch {
	case len(s.Processors) == 0:
		const why = "no span processor of the SDK has been active since otwatch attached"
		g.Add("processors", why)
		g.Add("queue", why)
	case len(snapshot.Batching(s.Processors)) == 0:
		g.Add("queue", "simple span processors have no queue, and no other processor has been seen")
	}
	if slices.ContainsFunc(s.Processors, func(p snapshot.Processor) bool { return p.Simple }) {
		g.Add("processors.queue", "a simple span processor has no queue")
		g.Add("processors.settings", "a simple span processor has no settings")
	}
	return &g
}
