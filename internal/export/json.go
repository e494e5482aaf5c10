package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Host is the machine on which the processes were watched.
type Host struct {
	// CPUs of the machine.
	CPUs int `json:"cpus" unit:"CPUs"`
	// Processes that were watched.
	Targets int `json:"targets" unit:"processes"`
	// Share of the machine's CPU time that watching may add to all processes together. 1 means
	// no limit. Absent from the report of a recording.
	Budget float64 `json:"budget,omitempty" unit:"0..1"`
	// Processes that ended so long ago that they have no report of their own. `host.targets`
	// and `host.probe` include them. Absent if there are none.
	Forgotten int `json:"forgotten,omitempty" unit:"processes"`
	// What watching all processes cost. What otwatch itself used is included once.
	Probe report.Probe `json:"probe"`
	// Processes that were selected and could not be watched. Absent if there are none.
	Unobserved []Unobserved `json:"unobserved,omitempty"`
}

// Unobserved is a process that was selected and could not be watched.
type Unobserved struct {
	// Process id.
	PID int `json:"pid"`
	// Path of the executable. Empty if it is not known.
	Exe string `json:"exe"`
	// The reason.
	Why string `json:"why"`
}

// document is the JSON form of any number of Reports but one.
type document struct {
	// Always "otwatch.report/v1".
	Schema string `json:"schema"`
	// The machine.
	Host Host `json:"host"`
	// A report for each process.
	Targets []report.Report `json:"targets"`
}

// Document is what is written for reports: one Report as it is, any other
// number of them under a host with that many CPUs.
func Document(reports []report.Report, cpus int) any {
	if len(reports) == 1 {
		return reports[0]
	}
	return HostDocument(reports, Host{CPUs: cpus})
}

// HostDocument is what is written for any number of reports under their host, whose
// Targets and Probe they are added to.
func HostDocument(reports []report.Report, host Host) any {
	host.Targets += len(reports)
	for _, r := range reports {
		host.Probe.Add(r.Probe)
	}
	// An empty list is [], never null.
	return document{report.Schema, host, append([]report.Report{}, reports...)}
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
	e := json.NewEncoder(shown{w})
	e.SetIndent("", indent)
	e.SetEscapeHTML(false) // function names hold < and >, and nothing here is HTML
	return e
}

// shown escapes in JSON, whose strings they are in, the characters that a terminal must
// not get: package json leaves all but the first 32 as they are.
type shown struct{ w io.Writer }

func (s shown) Write(p []byte) (int, error) {
	var b strings.Builder
	for _, r := range string(p) {
		switch {
		case r == '\n' || untrusted.Shows(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	if _, err := io.WriteString(s.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}
