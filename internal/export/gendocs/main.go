// Command gendocs writes docs/metrics.md from the table of package export.
// `go generate ./internal/export` runs it.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/otwatch/otwatch/internal/export"
)

//go:embed introduction.md
var introduction string

func main() {
	out := flag.String("o", "docs/metrics.md", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, render(export.Metrics(), export.Differences()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

//go:embed differences.md
var preface string

func render(metrics []export.Metric, differences []export.Difference) []byte {
	var page bytes.Buffer
	page.WriteString(introduction)
	for _, m := range metrics {
		fmt.Fprintf(&page, "| `%s` | %s | `%s` | %s | %s | %s |\n",
			m.Name(), m.Kind, m.Unit(), listed(m.Attributes), m.Description(), m.Source)
	}
	page.WriteString(preface)
	for _, d := range differences {
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", listed(d.Metrics), concerned(d), nature(d), d.Why)
	}
	return page.Bytes()
}

// concerned are the attributes that a difference is about, and the series.
func concerned(d export.Difference) string {
	attributes := listed(d.Attributes)
	if d.Of != "" {
		attributes += strings.TrimSuffix(fmt.Sprintf(" with `%s` %s", d.Of, listed(d.Values)), " ")
	}
	return attributes
}

// nature says whether something is absent or different, and with which SDK.
func nature(d export.Difference) string {
	what := "differs"
	if d.Absent {
		what = "absent"
	}
	if d.Before != "" {
		what += " before " + d.Before
	}
	return what
}

// listed is a list of names.
func listed[T ~string](names []T) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + string(name) + "`"
	}
	return strings.Join(quoted, ", ")
}
