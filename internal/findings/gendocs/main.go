// Command gendocs writes docs/findings.md from the table of package findings.
// `go generate ./internal/findings` runs it.
package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"os"

	"github.com/otwatch/otwatch/internal/findings"
)

//go:embed introduction.md
var introduction string

func main() {
	out := flag.String("o", "docs/findings.md", "file to write")
	flag.Parse()
	if err := os.WriteFile(*out, render(findings.Rules()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func render(table []findings.Rule) []byte {
	var page bytes.Buffer
	page.WriteString(introduction)
	for _, d := range table {
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n", d.ID, d.Category, d.Says, d.When, d.Clears)
	}
	return page.Bytes()
}
