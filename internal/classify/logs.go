package classify

import (
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// logPackages are prefixes of the functions that make, batch and export log records.
var logPackages = []string{
	"go.opentelemetry.io/otel/sdk/log.", "go.opentelemetry.io/otel/sdk/log/",
	"go.opentelemetry.io/otel/log.", "go.opentelemetry.io/otel/log/",
	"go.opentelemetry.io/contrib/bridges/otelslog.", "go.opentelemetry.io/contrib/bridges/otelzap.",
	"go.opentelemetry.io/contrib/bridges/otellogrus.", "go.opentelemetry.io/contrib/bridges/otellogr.",
	"go.opentelemetry.io/contrib/bridges/otelzerolog.",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/", "go.opentelemetry.io/otel/exporters/stdout/stdoutlog.",
}

// logPolling is the goroutine of the batch processor of log records until sdk/log v0.20,
// which the present one does not have. Source: sdk/log/batch.go.
const logPolling = "go.opentelemetry.io/otel/sdk/log.(*BatchProcessor).poll"

// logs reports whether a stack makes, batches or exports log records, and whether it is the
// goroutine that decides when a batch is full.
func logs(frames []*snapshot.Frame) (works, polls bool) {
	for _, f := range frames {
		switch k := lookup(f.Function); {
		case strings.HasPrefix(f.Function, logPolling):
			return true, true
		case hasPrefix(f.Function, logPackages):
			works = true
		case !works && k.class != Neutral && k.class != OtherSignal && !k.root:
			return false, false // it works for somebody else
		}
	}
	return works, false
}

func hasPrefix(function string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
