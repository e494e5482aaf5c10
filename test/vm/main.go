package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// choice is what to run, from the environment.
type choice struct {
	kernel, arch string // "" is all
	tests        string // a pattern; "" is every suite's own
	jobs         int    // machines at a time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	jobs, err := strconv.Atoi(cmp.Or(os.Getenv("JOBS"), strconv.Itoa(runtime.NumCPU())))
	if err != nil || jobs < 1 {
		fmt.Fprintf(os.Stderr, "vm: JOBS=%q: must be a number of machines to run at a time\n", os.Getenv("JOBS"))
		os.Exit(2)
	}
	what := choice{kernel: os.Getenv("KERNEL"), arch: os.Getenv("ARCH"), tests: os.Getenv("RUN"), jobs: jobs}
	if err := run(ctx, what, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		os.Exit(1)
	}
}

// run boots every kernel on every architecture, or those that are named, from
// the repository's root, and prints the table.
func run(ctx context.Context, what choice, stdout io.Writer) error {
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
	archs := chosen(architectures, what.arch)
	rows := rowsOf(chosen(kernels, ofDay(what.kernel, time.Now())), archs)
	fetched := make(chan *row, len(rows))
	go fetchAll(ctx, cache, rows, fetched)
	images := map[string]string{}
	for _, arch := range archs {
		if images[arch], err = buildImage(dir, arch, what.tests); err != nil {
			return err
		}
	}
	bootAll(ctx, cache, images, fetched, what.jobs, stdout)
	writeTable(stdout, rows)
	return verdict(rows)
}

// today names another kernel each day, in turn.
const today = "today"

// ofDay is the kernel that is named.
func ofDay(named string, day time.Time) string {
	if named != today {
		return named
	}
	return kernels[day.Unix()/int64(24*time.Hour/time.Second)%int64(len(kernels))]
}

// chosen is the one that is named, or all.
func chosen(all []string, named string) []string {
	if named != "" {
		return []string{named}
	}
	return all
}

// rowsOf is a row for every kernel on every architecture.
func rowsOf(kernels, archs []string) []*row {
	var rows []*row
	for _, kernel := range kernels {
		for _, arch := range archs {
			rows = append(rows, &row{Kernel: kernel, Arch: arch})
		}
	}
	return rows
}

// fetchAll brings one kernel after the other into the cache, or notes why it
// cannot be had, and hands its row on. The newest come first: their machines take
// longest, having every way to put probes in place.
func fetchAll(ctx context.Context, cache string, rows []*row, fetched chan<- *row) {
	defer close(fetched)
	for _, r := range slices.Backward(rows) {
		var err error
		if r.Release, err = fetch(ctx, cache, r.Kernel, r.Arch); err != nil {
			r.NotRun = "not run: " + err.Error()
		}
		fetched <- r
	}
}

// fetch brings a kernel into the cache and returns its release.
func fetch(ctx context.Context, cache, kernel, arch string) (string, error) {
	series := kernel
	if kernel == newest {
		series = "[0-9]*"
	}
	script := exec.CommandContext(ctx, "test/vm/fetch.sh", cache, kernel, series, arch)
	if out, err := script.CombinedOutput(); err != nil {
		return "", errors.New(cmp.Or(strings.TrimSpace(string(out)), err.Error()))
	}
	release, err := os.ReadFile(filepath.Join(cache, kernel+"-"+arch, "release"))
	return strings.TrimSpace(string(release)), err
}

// bootAll boots the kernels that could be had, some at a time, and completes
// their rows.
func bootAll(ctx context.Context, cache string, images map[string]string, fetched <-chan *row, jobs int, stdout io.Writer) {
	turn := make(chan struct{}, jobs)
	var machines sync.WaitGroup
	for r := range fetched {
		if r.NotRun != "" {
			continue
		}
		turn <- struct{}{}
		fmt.Fprintf(stdout, "%s on %s: %s\n", r.Release, r.Arch, consolePath(cache, r))
		machines.Go(func() {
			defer func() { <-turn }()
			bootOne(ctx, cache, images[r.Arch], r)
		})
	}
	machines.Wait()
}

// bootOne boots one kernel and completes its row. Its console is kept in the
// cache.
func bootOne(ctx context.Context, cache, image string, r *row) {
	log, err := os.Create(consolePath(cache, r))
	if err != nil {
		r.NotRun = "not run: " + err.Error()
		return
	}
	defer log.Close()
	start := time.Now()
	r.outcome, err = boot(ctx, r.Arch, filepath.Join(filepath.Dir(log.Name()), "vmlinuz"), image, log)
	r.Took = time.Since(start)
	switch {
	case err != nil:
		r.NotRun = "not all run: " + err.Error()
	case !r.Finished:
		r.NotRun = "not all run: see " + log.Name()
	}
}

func consolePath(cache string, r *row) string {
	return filepath.Join(cache, r.Kernel+"-"+r.Arch, "console.txt")
}

// verdict is an error that lists the rows that are not as they should be.
func verdict(rows []*row) error {
	var bad []string
	for _, r := range rows {
		if !r.ok() {
			bad = append(bad, r.Kernel+" "+r.Arch)
		}
	}
	if bad == nil {
		return nil
	}
	return fmt.Errorf("not every test ran and passed on %s", strings.Join(bad, ", "))
}
