// Command gendocs writes docs/findings.md from the table of package findings.
// `go generate ./internal/findings` runs it.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/findings"
)

//go:embed introduction.md
var introduction string

//go:embed known.md
var known string

func main() {
	out := flag.String("o", "docs/findings.md", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, render(findings.Rules(), findings.Causes()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// ranges are the modules of a defect without what their paths begin with, and the versions that
// have it.
func ranges(d defects.Defect) string {
	var all []string
	for _, r := range d.Affects {
		versions := "before " + r.Before
		switch {
		case r.Before == "":
			versions = "since " + r.From
		case r.From != "":
			versions = "from " + r.From + ", before " + r.Before
		}
		all = append(all, fmt.Sprintf("`%s` %s", strings.TrimPrefix(r.Module, "go.opentelemetry.io/"), versions))
	}
	return strings.Join(all, "; ")
}

func render(table []findings.Rule, causes []findings.Cause) []byte {
	var page bytes.Buffer
	page.WriteString(introduction)
	for _, d := range table {
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n", d.ID, d.Category, d.Says, d.When, d.Clears)
	}
	page.WriteString("\n## Causes\n\n| Cause | While | Symptoms, until two minutes after the cause has ended |\n|---|---|---|\n")
	for _, c := range causes {
		fmt.Fprintf(&page, "| `%s` | %s | `%s` |\n", c.ID, c.While, strings.Join(c.Symptoms, "`, `"))
	}
	page.WriteString(known)
	for _, d := range defects.All() {
		fmt.Fprintf(&page, "| [%s](%s) | %v | %s | %s |\n", d.ID, d.Source, d.Effect, ranges(d), d.Says)
	}
	return page.Bytes()
}
