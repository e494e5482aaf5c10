package export

import (
	"encoding/json"
	"io"

	"github.com/otwatch/otwatch/internal/analyzer"
)

// Host is the machine that several targets were watched on. Probe adds up what
// watching them cost; the agent's own share of it is there once.
type Host struct {
	CPUs    int `json:"cpus"`
	Targets int `json:"targets"`
	// Budget is the share of all CPUs' time that watching might add to all targets
	// together, 1 without a limit. No recording keeps it.
	Budget float64 `json:"budget,omitempty"`
	// Forgotten is how many targets more ended too long ago for a report of
	// their own; Probe has their part.
	Forgotten  int            `json:"forgotten,omitempty"`
	Probe      analyzer.Probe `json:"probe"`
	Unobserved []Unobserved   `json:"unobserved,omitempty"`
}

// Unobserved is a process that might have been watched, and why it was not.
type Unobserved struct {
	PID int    `json:"pid"`
	Exe string `json:"exe"`
	Why string `json:"why"`
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
	return HostDocument(reports, Host{CPUs: cpus})
}

// HostDocument is what is written for any number of reports under their host, whose
// Targets and Probe they are added to.
func HostDocument(reports []analyzer.Report, host Host) any {
	host.Targets += len(reports)
	for _, r := range reports {
		host.Probe.Add(r.Probe)
	}
	// An empty list is [], never null.
	return document{analyzer.Schema, host, append([]analyzer.Report{}, reports...)}
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
