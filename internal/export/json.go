package export

import (
	"encoding/json"
	"io"

	"github.com/otwatch/otwatch/internal/analyzer"
)

// Host is the machine that several targets were watched on. Probe adds up what
// watching them cost; the agent's own share of it is there once.
type Host struct {
	CPUs    int            `json:"cpus"`
	Targets int            `json:"targets"`
	Probe   analyzer.Probe `json:"probe"`
}

// document is the JSON form of any number of Reports but one.
type document struct {
	Schema  string            `json:"schema"`
	Host    Host              `json:"host"`
	Targets []analyzer.Report `json:"targets"`
}

// Document is what is written for reports: one Report as it is, any other
// number of them under a host with that many CPUs.
func Document(reports []analyzer.Report, cpus int) any {
	if len(reports) == 1 {
		return reports[0]
	}
	host := Host{CPUs: cpus, Targets: len(reports)}
	for _, r := range reports {
		addProbe(&host.Probe, r.Probe)
	}
	// An empty list is [], never null.
	return document{analyzer.Schema, host, append([]analyzer.Report{}, reports...)}
}

// addProbe adds one target's counts. The agent's figures are those of the
// whole process, and so, up to the moment they were read at, are the same in
// every target.
func addProbe(sum *analyzer.Probe, p analyzer.Probe) {
	sum.Hits += p.Hits
	sum.Windows += p.Windows
	sum.Lost += p.Lost
	sum.Unmatched += p.Unmatched
	sum.TargetCPUSeconds += p.TargetCPUSeconds
	sum.Samples += p.Samples
	sum.Unclassified += p.Unclassified
	sum.AgentCPUSeconds = max(sum.AgentCPUSeconds, p.AgentCPUSeconds)
	sum.AgentRSSBytes = max(sum.AgentRSSBytes, p.AgentRSSBytes)
	if p.HitUS > sum.HitUS {
		sum.HitUS, sum.HitSource = p.HitUS, p.HitSource
	}
	sum.Budget = max(sum.Budget, p.Budget)
	sum.SampleHz = max(sum.SampleHz, p.SampleHz)
}

// JSON writes v over several lines, indented.
func JSON(w io.Writer, v any) error {
	return encoder(w, "  ").Encode(v)
}

// JSONLine writes v as one line.
func JSONLine(w io.Writer, v any) error {
	return encoder(w, "").Encode(v)
}

func encoder(w io.Writer, indent string) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false) // function names hold < and >, and nothing here is HTML
	return e
}
