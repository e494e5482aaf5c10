// Command racer is a traced program that changes under those who watch it: it
// becomes another program by exec, starts children that live for moments, and maps
// executables as a plugin's host does. It crashes only if its code is written to in a
// wrong place. It prints "failed" if a child does, and ends when its standard input
// does.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
)

// executables is a flag that may be repeated.
type executables []string

func (e *executables) String() string     { return strings.Join(*e, ",") }
func (e *executables) Set(s string) error { *e = append(*e, s); return nil }

func main() {
	var become, mapped executables
	flag.Var(&become, "become", "become this `EXECUTABLE` by exec, time after time; of several, any")
	flag.Var(&mapped, "map", "map this `EXECUTABLE`'s code, too; may be repeated")
	least := flag.Duration("least", 50*time.Millisecond, "time before an exec, and life of a child, at least")
	most := flag.Duration("most", 700*time.Millisecond, "and at most")
	children := flag.Bool("children", false, "start children that live for moments, one after another")
	child := flag.Bool("child", false, "end after that time")
	flag.Parse()
	for _, path := range mapped {
		if err := mapCode(path); err != nil {
			fail(err)
		}
	}
	if !*child {
		go endWithInput()
	}
	if *children {
		go startChildren()
	}
	life := *least + rand.N(*most-*least)
	if len(become) == 0 && !*child {
		life = time.Hour
	}
	makeSpans(life)
	if len(become) > 0 {
		next := become[rand.IntN(len(become))]
		fail(syscall.Exec(next, append([]string{next}, os.Args[1:]...), os.Environ()))
	}
}

// makeSpans takes every way through the SDK that has a probe: batch and simple
// processors, flushes and shutdowns.
func makeSpans(life time.Duration) {
	for end := time.Now().Add(life); time.Now().Before(end); time.Sleep(500 * time.Microsecond) {
		provider := trace.NewTracerProvider(trace.WithBatcher(discard{}, trace.WithMaxExportBatchSize(4), trace.WithMaxQueueSize(16)), trace.WithSyncer(discard{}))
		tracer := provider.Tracer("racer")
		for range 20 {
			ctx, parent := tracer.Start(context.Background(), "parent")
			_, span := tracer.Start(ctx, "child")
			span.End()
			parent.End()
		}
		_ = provider.ForceFlush(context.Background())
		_ = provider.Shutdown(context.Background())
	}
}

func startChildren() {
	for {
		child := exec.Command("/proc/self/exe", "-child", "-least", "1ms", "-most", "60ms")
		child.Args[0] = os.Args[0]
		child.Stderr = os.Stderr
		if err := child.Run(); err != nil {
			fail(fmt.Errorf("child: %w", err))
		}
	}
}

// mapCode maps the whole of an executable, executable as a shared library's code.
func mapCode(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	_, err = syscall.Mmap(int(file.Fd()), 0, int(stat.Size()), syscall.PROT_READ|syscall.PROT_EXEC, syscall.MAP_PRIVATE)
	return err
}

func endWithInput() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func fail(err error) {
	fmt.Println("failed")
	fmt.Fprintln(os.Stderr, "racer:", err)
	os.Exit(1)
}

// discard is an exporter that takes everything.
type discard struct{}

//go:noinline
func (discard) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                          { return nil }
