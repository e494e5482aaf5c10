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

	"github.com/otwatch/otwatch/internal/findings"
)

//go:embed introduction.md
var introduction string

func main() {
	out := flag.String("o", "docs/findings.md", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, render(findings.Rules(), findings.Causes()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
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
	return page.Bytes()
}
