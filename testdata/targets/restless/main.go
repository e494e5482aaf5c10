// Command restless is a traced program that does what processes of a busy host
// do to those who follow them: it starts children, replaces itself by exec, and
// ends. It prints "ready" whenever its provider stands, and ends at once when
// its standard input does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

type config struct {
	endpoint string
	rate     int
	delay    time.Duration
	life     time.Duration
	execIn   time.Duration
	become   string
	children time.Duration
}

func main() {
	var cfg config
	flag.StringVar(&cfg.endpoint, "endpoint", "127.0.0.1:4317", "OTLP/gRPC receiver, host:port, plain text")
	flag.IntVar(&cfg.rate, "rate", 10, "spans per second; 0: none")
	flag.DurationVar(&cfg.delay, "delay", 5*time.Second, "schedule delay of the processor")
	flag.DurationVar(&cfg.life, "life", 0, "end after this time; 0: when standard input ends")
	flag.DurationVar(&cfg.execIn, "exec-in", 0, "replace the program after this time, once; 0: never")
	flag.StringVar(&cfg.become, "become", "", "what to replace it by, an executable that is given no arguments; empty: this program, which then stays")
	flag.DurationVar(&cfg.children, "children", 0, "run a child, and wait for it, every such time; 0: never")
	flag.Parse()
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "restless:", err)
		os.Exit(1)
	}
}

func run(cfg config) error {
	ctx := context.Background()
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(cfg.endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter, trace.WithBatchTimeout(cfg.delay)))
	fmt.Println("ready")
	go endWithInput()
	if cfg.rate > 0 {
		go makeSpans(provider.Tracer("restless"), time.Second/time.Duration(cfg.rate))
	}
	for {
		select {
		case <-after(cfg.life):
			return nil
		case <-after(cfg.execIn):
			return replace(cfg)
		case <-after(cfg.children):
			cfg.life, cfg.execIn = less(cfg.life, cfg.children), less(cfg.execIn, cfg.children)
			if err := exec.Command("/bin/true").Run(); err != nil {
				return err
			}
		}
	}
}

// after is time.After, but never for 0.
func after(d time.Duration) <-chan time.Time {
	if d == 0 {
		return nil
	}
	return time.After(d)
}

// less is what is left of d, at least a moment, unless it is 0, never.
func less(d, passed time.Duration) time.Duration {
	if d == 0 {
		return 0
	}
	return max(d-passed, 1)
}

func endWithInput() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func makeSpans(tracer oteltrace.Tracer, every time.Duration) {
	for i := 0; ; i++ {
		_, span := tracer.Start(context.Background(), "work")
		span.SetAttributes(attribute.Int("iteration", i), attribute.String("peer.service", "inventory"))
		span.End()
		time.Sleep(every)
	}
}

// replace executes another program in this process, or this one once more.
func replace(cfg config) error {
	if cfg.become != "" {
		return syscall.Exec(cfg.become, []string{cfg.become}, os.Environ())
	}
	again := []string{os.Args[0], "-endpoint", cfg.endpoint, "-rate", fmt.Sprint(cfg.rate), "-delay", cfg.delay.String()}
	if cfg.life > 0 {
		again = append(again, "-life", less(cfg.life, cfg.execIn).String())
	}
	return errors.Join(syscall.Exec("/proc/self/exe", again, os.Environ()), errors.New("exec returned"))
}
