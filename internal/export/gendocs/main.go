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
	if err := os.WriteFile(*out, render(export.Metrics()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func render(metrics []export.Metric) []byte {
	var page bytes.Buffer
	page.WriteString(introduction)
	for _, m := range metrics {
		attributes := make([]string, len(m.Attributes))
		for i, key := range m.Attributes {
			attributes[i] = "`" + string(key) + "`"
		}
		fmt.Fprintf(&page, "| `%s` | %s | `%s` | %s | %s | %s |\n",
			m.Name(), m.Kind, m.Unit(), strings.Join(attributes, ", "), m.Description(), m.Source)
	}
	return page.Bytes()
}
