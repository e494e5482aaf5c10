package audit

import (
	"errors"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Schema is the schema of a Document.
const Schema = "otwatch.audit/v1"

// Document is the audit of several executables.
type Document struct {
	// Always "otwatch.audit/v1".
	Schema string `json:"schema"`
	// The executables, in the order of the arguments.
	Binaries []Binary `json:"binaries"`
}

// Binary is what one executable shows.
type Binary struct {
	// Path as it was given.
	Path string `json:"path"`
	// Why nothing is known of it, such as that it is no Go program. Null if it was examined.
	Error *string `json:"error"`
	// Go release that built it. Empty if it has no build information.
	GoVersion string `json:"go_version"`
	// Path of its main module. Empty if it has no build information.
	Module string `json:"module"`
	// Architecture that it is for, as Go calls it.
	Arch string `json:"arch"`
	// Whether it has no symbol table.
	Stripped bool `json:"stripped"`
	// Whether it is position-independent.
	PIE bool `json:"pie"`
	// Version of go.opentelemetry.io/otel/sdk. Empty if it is not known.
	SDKVersion string `json:"sdk_version"`
	// Whether otwatch can watch processes that run it.
	Watchable bool `json:"watchable"`
	// Why it cannot be watched, or why some figures will be missing. Null if there is no reason.
	Why *string `json:"why"`
	// How many functions that otwatch probes it has.
	ProbedFunctions int `json:"probed_functions"`
	// Its modules of OpenTelemetry, and those that instrument others with it.
	Modules []Module `json:"modules"`
	// Variables of the environment that only some modules read.
	Settings []Setting `json:"settings"`
	// Defects that are known of its modules, the most severe first.
	KnownIssues []Issue `json:"known_issues"`
	// Modules whose versions, and so whose defects, are not known, such as those built from a
	// directory.
	UnknownVersions []string `json:"unknown_versions"`
}

// Module is a module of the build information.
type Module struct {
	// Path of the module.
	Path string `json:"path"`
	// Version that was built. Empty if it is a directory.
	Version string `json:"version"`
	// Module or directory that was built in its place. Empty if none was.
	Replacement string `json:"replacement"`
	// What it is: api, sdk, exporter, instrumentation, propagator, settings or other.
	Kind string `json:"kind"`
}

// Setting is a variable of the environment that a module may read.
type Setting struct {
	// Variable of the environment.
	Variable string `json:"variable"`
	// Module that reads it. Empty if none does: then it has no effect, unless the program's own
	// code reads it.
	Module string `json:"module"`
}

// Issue is a defect that the executable has.
type Issue struct {
	// CVE, number in Go's vulnerability database, or a name.
	ID string `json:"id"`
	// What it does: vulnerability, crash, loss (of telemetry), growth (of memory, goroutines or
	// files), load (of the CPU) or falsehood (telemetry says what is not so).
	Effect string `json:"effect"`
	// Module that has it.
	Module string `json:"module"`
	// Version of the module.
	Version string `json:"version"`
	// First version without it.
	Fixed string `json:"fixed"`
	// Whether the version is that of a commit between releases, which may have the cure already.
	Unreleased bool `json:"unreleased"`
	// What happens.
	Says string `json:"says"`
	// What to do.
	Cure string `json:"cure"`
	// URL of the report.
	Source string `json:"source"`
}

// Of is the Binary of an executable that was examined.
func Of(a target.Audit) Binary {
	b := Binary{
		Path: a.Path, GoVersion: a.GoVersion, Module: a.Module, Arch: a.Arch, Stripped: a.Stripped, PIE: a.PIE, SDKVersion: a.SDKVersion,
		Watchable: a.Refused == nil, ProbedFunctions: len(a.Found), Modules: modulesOf(a), Settings: settingsOf(a),
		KnownIssues: []Issue{}, UnknownVersions: append([]string{}, a.Unknown...),
	}
	if reason := errors.Join(a.Refused, a.Unsized); reason != nil {
		why := reasonOf(reason)
		b.Why = &why
	}
	for _, f := range a.Defects {
		b.KnownIssues = append(b.KnownIssues, Issue{
			ID: f.ID, Effect: f.Effect.String(), Module: f.Module, Version: f.Version, Fixed: f.Fixed, Unreleased: f.Unreleased,
			Says: f.Says, Cure: f.Cure(), Source: f.Source,
		})
	}
	return b
}

// Failed is the Binary of a file of which nothing is known.
func Failed(path string, err error) Binary {
	why := untrusted.Text(err.Error(), untrusted.MaxText)
	return Binary{Path: path, Error: &why, Modules: []Module{}, Settings: []Setting{}, KnownIssues: []Issue{}, UnknownVersions: []string{}}
}

// reasonOf is an error about an executable, as a sentence of its own.
func reasonOf(err error) string {
	says := err.Error()
	if e := (*gobinary.Error)(nil); errors.As(err, &e) {
		says = e.Says
		if strings.HasPrefix(says, " ") { // a predicate
			says = "it" + says
		}
	}
	return untrusted.Text(strings.TrimPrefix(says, ": "), untrusted.MaxText)
}

func modulesOf(a target.Audit) []Module {
	modules := []Module{}
	for _, m := range a.Description.Modules {
		if slices.ContainsFunc(a.Telemetry, func(t snapshot.Module) bool { return t.Path == m.Path }) {
			modules = append(modules, Module{Path: m.Path, Version: m.Version, Replacement: m.Replacement, Kind: kindOf(m.Path)})
		}
	}
	return modules
}
