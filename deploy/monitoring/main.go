package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "..", "the folder deploy, into which to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate is every file, by its path within deploy.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, f := range forms {
		for name, render := range map[string]func(form) ([]byte, error){
			"prometheus/otwatch.rules" + f.suffix + ".yaml":      renderRules,
			"prometheus/otwatch.rules_test" + f.suffix + ".yaml": renderCases,
			"grafana/otwatch" + f.suffix + ".json":               renderDashboard,
		} {
			content, err := render(f)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			files[name] = content
		}
	}
	return files, nil
}
