package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build makes the program's executable in a directory. It is built as a
// dependency of an empty module: go install refuses modules with replace
// directives.
func (p program) build(ctx context.Context, dir string) (string, error) {
	module, executable := filepath.Join(dir, "module-"+p.name), filepath.Join(dir, p.name)
	if err := os.Mkdir(module, 0o755); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"mod", "init", "foreign"},
		{"get", p.pkg + "@" + p.version},
		{"build", "-o", executable, p.pkg},
	} {
		command := exec.CommandContext(ctx, "go", args...)
		command.Dir = module
		if out, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %s: %w\n%s", p.name, command, err, out)
		}
	}
	return executable, nil
}

// buildOtwatch builds it from the repository's root, where this runs.
func buildOtwatch(ctx context.Context, dir string) (string, error) {
	executable := filepath.Join(dir, "otwatch")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", executable, "./cmd/otwatch").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build otwatch: %w\n%s", err, out)
	}
	return executable, nil
}
