package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv("KERNEL"), os.Getenv("ARCH"), os.Getenv("RUN"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		os.Exit(1)
	}
}

// run boots every kernel on every architecture, or those that are named, from
// the repository's root, and prints the table.
func run(ctx context.Context, kernel, arch, tests string, stdout io.Writer) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("find a place for kernels: %w", err)
	}
	cache = filepath.Join(cache, "otwatch-vm")
	dir, err := os.MkdirTemp("", "otwatch-vm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var rows []row
	for _, a := range chosen(architectures, arch) {
		image, err := buildImage(dir, a, tests)
		if err != nil {
			return err
		}
		for _, k := range chosen(kernels, kernel) {
			rows = append(rows, runOne(ctx, cache, k, a, image, stdout))
		}
	}
	writeTable(stdout, rows)
	return verdict(rows)
}

// chosen is the one that is named, or all.
func chosen(all []string, named string) []string {
	if named != "" {
		return []string{named}
	}
	return all
}

// runOne boots one kernel. Its console is kept in the cache.
func runOne(ctx context.Context, cache, kernel, arch, image string, stdout io.Writer) row {
	r := row{Kernel: kernel, Arch: arch}
	fetch := exec.CommandContext(ctx, "test/vm/fetch.sh", cache, kernel, arch)
	if out, err := fetch.CombinedOutput(); err != nil {
		r.NotRun = "not run: " + strings.TrimSpace(string(out))
		return r
	}
	from := filepath.Join(cache, kernel+"-"+arch)
	release, err := os.ReadFile(filepath.Join(from, "release"))
	if err != nil {
		r.NotRun = "not run: " + err.Error()
		return r
	}
	r.Release = strings.TrimSpace(string(release))
	log, err := os.Create(filepath.Join(from, "console.txt"))
	if err != nil {
		r.NotRun = "not run: " + err.Error()
		return r
	}
	defer log.Close()
	fmt.Fprintf(stdout, "%s on %s: %s\n", r.Release, arch, log.Name())
	r.outcome, err = boot(ctx, arch, filepath.Join(from, "vmlinuz"), image, log)
	switch {
	case err != nil:
		r.NotRun = "not all run: " + err.Error()
	case !r.Finished:
		r.NotRun = "not all run: see " + log.Name()
	}
	return r
}

// verdict is an error unless every row is as it should be.
func verdict(rows []row) error {
	for _, r := range rows {
		if !r.ok() {
			return errors.New("not every test ran and passed on every kernel")
		}
	}
	return nil
}
