package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// lies are what the program can do to its watcher. Each is called before the provider
// is made.
var lies = map[string]func(*program) error{
	"nothing":   func(*program) error { return nil },
	"drops":     lieOfDrops,
	"lengths":   lieOfLengths,
	"types":     lieOfTypes,
	"many":      manyProcessors,
	"resource":  bigResource,
	"names":     newNames,
	"providers": newProviders,
	"stacks":    newStacks,
	"code":      hangingCode,
	"queue":     hangingQueue,
	"upgrade":   upgrade,
}

// bigResource has 120 lists of 128 texts of 4 KiB each, 60 MB, that do not compress.
func bigResource(p *program) error {
	raw := make([]byte, 768<<10)
	for i := range raw {
		raw[i] = byte(rand.Uint32())
	}
	pool := base64.StdEncoding.EncodeToString(raw)
	attributes := []attribute.KeyValue{attribute.String("service.name", "resource")}
	for i := range 120 {
		var texts []string
		for range 128 {
			at := rand.IntN(len(pool) - 4096)
			texts = append(texts, pool[at:at+4096])
		}
		attributes = append(attributes, attribute.StringSlice(fmt.Sprint("list.", i), texts))
	}
	p.options = append(p.options, trace.WithResource(resource.NewSchemaless(attributes...)))
	return nil
}

// newNames gives every span another name, scope and attribute, as long as they go.
func newNames(p *program) error {
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(p.processor))
	go func() {
		for {
			text := fmt.Sprintf("%0200x", rand.Uint64())
			_, span := provider.Tracer(text).Start(context.Background(), text)
			span.SetAttributes(attribute.String(text, text))
			span.End()
			time.Sleep(100 * time.Microsecond)
		}
	}()
	return nil
}

// newProviders makes a provider for every span.
func newProviders(p *program) error {
	go func() {
		for {
			provider := trace.NewTracerProvider(trace.WithBatcher(&exporter{}, trace.WithMaxQueueSize(16), trace.WithMaxExportBatchSize(8)))
			_, span := provider.Tracer("x").Start(context.Background(), "y")
			span.End()
			_ = provider.Shutdown(context.Background())
			time.Sleep(time.Millisecond)
		}
	}()
	return nil
}

// newStacks runs with stacks that are 120 deep and never the same.
func newStacks(*program) error {
	for range 2 {
		go func() {
			for {
				descend(120, rand.Uint64())
			}
		}()
	}
	return nil
}

// Sink keeps work from being left out.
var Sink uint64

//go:noinline
func work(r uint64) {
	for range 100_000 {
		r = r*31 + 7
	}
	Sink += r
}

// descend calls itself from one of eight places, as bits of r say.
//
//go:noinline
func descend(depth int, r uint64) {
	r = r*6364136223846793005 + 1
	if depth == 0 {
		work(r)
		return
	}
	switch r >> 61 {
	case 0:
		descend(depth-1, r)
		Sink++
	case 1:
		descend(depth-1, r)
		Sink += 2
	case 2:
		descend(depth-1, r)
		Sink += 3
	case 3:
		descend(depth-1, r)
		Sink += 4
	case 4:
		descend(depth-1, r)
		Sink += 5
	case 5:
		descend(depth-1, r)
		Sink += 6
	case 6:
		descend(depth-1, r)
		Sink += 7
	default:
		descend(depth-1, r)
		Sink += 8
	}
}

// upgrade makes spans and providers and becomes the executable -to, which becomes this
// one again, as graceful upgrades do. What each execution inherits says how many there
// have been.
func upgrade(p *program) error {
	const variable = "HOSTILE_EXECUTIONS"
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	end := time.Now().Add(p.atLeast + rand.N(p.atMost-p.atLeast))
	for time.Now().Before(end) {
		provider := trace.NewTracerProvider(trace.WithBatcher(p.exporter, trace.WithMaxQueueSize(16), trace.WithMaxExportBatchSize(4)), trace.WithSyncer(p.exporter))
		for range 20 {
			ctx, outer := provider.Tracer("x").Start(context.Background(), "outer")
			_, inner := provider.Tracer("x").Start(ctx, "inner")
			inner.End()
			outer.End()
		}
		_ = provider.Shutdown(context.Background())
		time.Sleep(500 * time.Microsecond)
	}
	n, _ := strconv.Atoi(os.Getenv(variable)) // the first has none
	if n%10 == 0 {
		fmt.Println("ready")
	}
	args := []string{p.to, "-lie", "upgrade", "-to", self, "-at-least", p.atLeast.String(), "-at-most", p.atMost.String()}
	return syscall.Exec(p.to, args, append(os.Environ(), fmt.Sprintf("%s=%d", variable, n+1)))
}
