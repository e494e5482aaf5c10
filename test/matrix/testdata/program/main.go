// Command program is the traced program of the matrix. It makes spans as fast
// as it can through a short queue, so that some are dropped, and prints what it
// knows of them.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Arguments: host:port of the receiver, and the number of spans.
func main() {
	spans, err := strconv.Atoi(os.Args[2])
	check(err)
	ctx := context.Background()
	exporter, delivered := newExporter(ctx, os.Args[1])
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter,
		trace.WithMaxQueueSize(256), trace.WithMaxExportBatchSize(64), trace.WithBatchTimeout(100*time.Millisecond)))

	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n')
	tracer := provider.Tracer("matrix")
	for i := 0; i < spans; i++ {
		_, span := tracer.Start(ctx, "work")
		span.SetAttributes(attribute.Int("iteration", i))
		span.End()
	}
	check(provider.Shutdown(ctx))
	fmt.Println(delivered())
	time.Sleep(lingers)
}

// lingers is for how long the program stays when all is done: types of exporters
// are read from its memory, and most programs live for longer than a tenth of a
// second.
const lingers = time.Second

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "program:", err)
		os.Exit(1)
	}
}

// byReceiver is for exporters whose receiver counts.
func byReceiver() int { return 0 }
