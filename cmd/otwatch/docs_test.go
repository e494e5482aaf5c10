package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

const root = "../.."

// pages are all pages that people read, with their content, by path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "vagrant/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[strings.TrimPrefix(path, root+"/")] = string(content)
		}
	}
	return found
}

var (
	// example is a line such as
	//
	//	sudo otwatch attach --name 'check*' --output json > report.json
	example = regexp.MustCompile(`(?m)^(?:\$ )?(?:sudo )?otwatch +([^#|>&\n]+)`)
	// link is the file that a link such as [security](docs/security.md#files) leads to.
	link = regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)
	// source is a path in the repository, such as `internal/probes/catalog.go`.
	source = regexp.MustCompile("`((?:bench|bpf|cmd|deploy|docs|internal|test|testdata|vagrant)/[^` ]*)`")
)

// TestExamples: the options of every example are those that otwatch has.
func TestExamples(t *testing.T) {
	examples := 0
	for page, content := range pages(t) {
		for _, match := range example.FindAllStringSubmatch(strings.Join(blocks(content), "\n"), -1) {
			args := strings.Fields(strings.ReplaceAll(match[1], "'", ""))
			if err := parsesOnly().Run(append([]string{"otwatch"}, args...)); err != nil {
				t.Errorf("%s: otwatch %s: %v", page, match[1], err)
			}
			examples++
		}
	}
	if examples < 20 {
		t.Errorf("only %d examples were found", examples)
	}
}

// blocks are the blocks of code of a page.
func blocks(content string) (code []string) {
	for i, part := range strings.Split(content, "```") {
		if i%2 == 1 {
			code = append(code, part)
		}
	}
	return code
}

// parsesOnly is otwatch, but its commands do no more than check their options.
func parsesOnly() *cli.App {
	app := newApp(os.Stdin, os.Stdout, io.Discard)
	for _, c := range slices.Concat(app.Commands, app.Command("config").Subcommands) {
		c.Action, c.Before = func(*cli.Context) error { return nil }, nil
		if c.Name == "attach" {
			c.Action = func(c *cli.Context) error {
				if c.String(configFlag) != "" {
					return nil // the file may have what is needed
				}
				_, err := inputsOf(c).read()
				return errors.Join(noArguments(c), err)
			}
		}
	}
	return app
}

// TestLinks: every link and every path of the repository leads to something.
func TestLinks(t *testing.T) {
	for page, content := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(content, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), match[1])); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", page, err)
			}
		}
		for _, match := range source.FindAllStringSubmatch(content, -1) {
			pattern := filepath.Join(root, strings.ReplaceAll(match[1], "<id>", "*"))
			if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
				t.Errorf("%s: there is no %s", page, match[1])
			}
		}
	}
}

// TestArchitecture: every package has its place in the page that explains them.
func TestArchitecture(t *testing.T) {
	page := pages(t)["docs/architecture.md"]
	packages, err := os.ReadDir(filepath.Join(root, "internal"))
	if err != nil || len(packages) == 0 {
		t.Fatalf("%d packages, %v", len(packages), err)
	}
	for _, p := range packages {
		if !strings.Contains(page, "`"+p.Name()+"`") && !strings.Contains(page, "<b>"+p.Name()+"</b>") {
			t.Errorf("docs/architecture.md does not mention package %s", p.Name())
		}
	}
}
