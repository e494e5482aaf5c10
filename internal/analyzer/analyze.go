package analyzer

import (
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// unmeasured are the figures of the report that a Snapshot by itself does not
// hold; some come from a Judge.
var unmeasured = []snapshot.Missing{
	{What: "spans.live", Why: "the spans that were open when otwatch attached cannot be counted"},
	{What: "memory.growth_bytes_per_minute", Why: "needs several consecutive intervals"},
	{What: "findings", Why: "need several consecutive intervals"},
}

// Analyze judges one Snapshot.
func Analyze(s snapshot.Snapshot) report.Report { return analyze(s, takeCensus(s.Samples.Stacks)) }

// analyze judges a Snapshot whose samples have been counted.
func analyze(s snapshot.Snapshot, c census) report.Report {
	g := newGaps(s)
	r := report.Report{
		Schema:     report.Schema,
		Target:     describe(s.Target),
		Window:     report.Window{Start: s.Start, Seconds: s.Elapsed.Seconds()},
		Spans:      spans(s, g),
		Queue:      queue(s.Processors),
		Processors: processors(s),
		Export:     export(s, g),
		Pipelines:  pipelines(s, g),
		Memory:     report.Memory{RSSBytes: s.Process.RSS},
		Findings:   []report.Finding{},
		Leaks:      []report.Leak{},
		Names:      names(s, g),
		Attributes: attributes(s.Values, g),
		Probe:      probing(s.Probing),
	}
	r.CPU = cpu(s, c, g)
	r.Probe.SampleHz, r.Probe.Samples, r.Probe.Unclassified = s.Samples.Hz, c.kept, c.classes[unclassified]
	r.Probe.Lost += s.Samples.Lost + s.Names.Unread + s.Probing.Undrawn
	r.Spans.CostUS = costOfSpan(r, g)
	r.Spans.AttributeBytes = attributeBytes(s.Texts, g)
	r.Alloc = alloc(s.Heap, c, g)
	r.Sites = sites(c, g)
	r.Request = request(s, r, g)
	r.Missing = g.list()
	return finite(r)
}

func describe(t snapshot.Target) report.Target {
	d := report.Target{
		PID: t.PID, Exe: t.Exe, ServiceName: t.ServiceName, GoVersion: t.GoVersion, SDKVersion: t.SDKVersion,
		Arch: t.Arch, Stripped: t.Stripped, PIE: t.PIE, Configured: t.Configured, SelfObserved: t.SelfObserved, Origin: t,
	}
	if t.ContainerID != "" {
		d.ContainerID = &t.ContainerID
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
