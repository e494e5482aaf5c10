// Command gendocs writes docs/report.md and docs/report.schema.json from the types that
// otwatch writes as JSON, and from their comments. `go generate ./internal/report` runs it.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed introduction.md
var introduction string

func main() {
	root := flag.String("root", ".", "directory of the repository")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := render(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// render returns the generated files by their paths in the repository.
func render(root string) (map[string][]byte, error) {
	described, err := describe(root)
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(described)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"docs/report.md": pageOf(described), "docs/report.schema.json": schema}, nil
}
