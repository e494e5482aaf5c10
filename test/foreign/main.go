package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

const page = "docs/proof.md"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv("PROGRAM"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "foreign:", err)
		os.Exit(1)
	}
}

// run tries every program, or the one that is named, from the repository's root,
// and writes the page if all were tried.
func run(ctx context.Context, named string, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "otwatch-foreign-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	otwatch, err := buildOtwatch(ctx, dir)
	if err != nil {
		return err
	}
	var results []result
	var errs []error
	for _, p := range programs {
		if named != "" && p.name != named {
			continue
		}
		executable, err := p.build(ctx, dir)
		if err != nil {
			return err
		}
		r, err := p.try(ctx, executable, otwatch)
		if err != nil {
			return err
		}
		for _, wrong := range r.wrong {
			errs = append(errs, fmt.Errorf("%s: %s", p.name, wrong))
		}
		results = append(results, r)
	}
	fmt.Fprint(stdout, table(results))
	if named == "" {
		errs = append(errs, writePage(page, table(results)))
	}
	return errors.Join(errs...)
}

// writePage puts the table into its section of the page.
func writePage(path, table string) error {
	const begin, end = "<!-- foreign: written by make foreign -->\n", "<!-- /foreign -->"
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no section %q … %q", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+begin+table+end+after), 0o644)
}
