package view

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/flame"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// flameLibrary is d3-flame-graph with what it needs of d3; make flamegraph makes it.
//
//go:embed flamegraph/library.min.js
var flameLibrary string

//go:embed flames.js
var flameScript string

// pageScript is the only script of HTML's page. Its policy names the hash of it, so that no
// other script runs, whatever a name in a recording may be.
var pageScript = flameLibrary + flameScript

func pagePolicy() string {
	hash := sha256.Sum256([]byte(pageScript))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
}

// flames are a target's flame graphs, as flames.js reads them.
type flames struct {
	// Samples are all that were taken of the target: shares are of these.
	Samples uint64       `json:"samples"`
	Names   []string     `json:"names"`
	Graphs  []flameGraph `json:"graphs"`
	// LeftOut is how many functions are too small to be shown.
	LeftOut uint64 `json:"-"`
}

type flameGraph struct {
	Title   string `json:"-"`
	Explain string `json:"-"`
	Staged  bool   `json:"staged"` // colours are of stages, otherwise of OpenTelemetry's parts
	Root    []any  `json:"root"`
}

// leastFlames is how many samples a flame graph needs.
const leastFlames = 100

// newFlames returns nil if there are too few samples.
func newFlames(samples snapshot.Samples) *flames {
	all := &flames{}
	for _, stack := range samples.Stacks {
		all.Samples += stack.Count
	}
	if all.Samples < leastFlames {
		return nil
	}
	names := map[string]int{}
	tracing, process := flame.Tracing(samples.Stacks), flame.Process(samples.Stacks)
	if tracing.Samples > 0 {
		all.Graphs = append(all.Graphs, flameGraph{
			Title: "Tracing", Staged: true, Root: all.encode(tracing, names),
			Explain: "Tracing's own work by stage, then by the line that calls it, then by function. Garbage collection and other work that tracing causes elsewhere is not in it.",
		})
	}
	all.Graphs = append(all.Graphs, flameGraph{
		Title: "The whole process", Root: all.encode(process, names),
		Explain: "All CPU samples, from the functions with which goroutines begin. The stronger the colour, the more of a function's samples are OpenTelemetry's.",
	})
	return all
}

// encode makes the list that stands for a node: the number of its name, its samples, its
// children, and the samples of tracing, instrumentation, and metrics and logs. The number
// of a name below 0 is how many functions were left out. Zeros at the end are left out.
func (f *flames) encode(n *flame.Node, names map[string]int) []any {
	at, known := names[n.Name]
	if !known {
		at = len(f.Names)
		names[n.Name] = at
		f.Names = append(f.Names, Sanitize(n.Name))
	}
	children := make([]any, 0, len(n.Children)+1)
	for _, child := range n.Children {
		children = append(children, f.encode(child, names))
	}
	if n.Smaller.Functions > 0 {
		f.LeftOut += uint64(n.Smaller.Functions)
		children = append(children, trimmed(-n.Smaller.Functions, n.Smaller.Samples, nil, n.Smaller.Parts))
	}
	return trimmed(at, n.Samples, children, n.Parts)
}

func trimmed(name int, samples uint64, children []any, parts [classify.Parts]uint64) []any {
	node := []any{name, samples, children}
	if len(children) == 0 {
		node[2] = 0
	}
	for _, part := range []classify.Part{classify.PartTracing, classify.PartInstrumentation, classify.PartSignals} {
		node = append(node, parts[part])
	}
	for len(node) > 2 && (node[len(node)-1] == uint64(0) || node[len(node)-1] == 0) {
		node = node[:len(node)-1]
	}
	return node
}

// asScript is for a page that has no script of anybody else.
func asScript() template.JS { return template.JS(pageScript) } //nolint:gosec // of this package alone
