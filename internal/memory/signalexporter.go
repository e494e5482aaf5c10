package memory

import "strings"

const (
	// readerWords is how much of a PeriodicReader is read: its exporter is in word 8 to 16,
	// according to the version. Source: sdk/metric/periodic_reader.go.
	readerWords = 24
	// maxWrappers bounds the exporters of the log SDK that wrap one another.
	maxWrappers = 4
	logSDK      = "go.opentelemetry.io/otel/sdk/log"
)

// MetricExporter names the otel.component.type of a PeriodicReader's exporter, or
// UnknownComponent. The exporter is the only interface of the reader whose first method is
// Aggregation, in every version.
func MetricExporter(r Reader, reader uint64, resolve func(uint64) (string, bool)) string {
	var fields [readerWords]uint64
	if err := r.words(reader, fields[:]); err != nil {
		return UnknownComponent
	}
	for _, itab := range fields {
		if itab == 0 {
			continue
		}
		if method, ok := firstMethod(r, itab, resolve); ok && strings.HasSuffix(method, ".Aggregation") {
			return componentOf(method)
		}
	}
	return UnknownComponent
}

// LogExporter names the otel.component.type of the exporter that a timeoutExporter wraps, or
// UnknownComponent. Wrappers of the log SDK begin with the exporter that they wrap. Source:
// sdk/log/exporter.go.
func LogExporter(r Reader, wrapper uint64, resolve func(uint64) (string, bool)) string {
	for range maxWrappers {
		var wrapped [2]uint64 // itab, data
		if err := r.words(wrapper, wrapped[:]); err != nil {
			break
		}
		method, ok := firstMethod(r, wrapped[0], resolve)
		if !ok {
			break
		}
		if pkg, receiver := splitMethod(method); pkg != logSDK || !strings.HasSuffix(receiver, "Exporter") {
			return componentOf(method)
		}
		wrapper = wrapped[1]
	}
	return UnknownComponent
}

// componentOf is the otel.component.type of the exporter that has a method: the convention's
// name, or the Go type.
func componentOf(method string) string {
	pkg, receiver := splitMethod(method)
	if component, known := components[pkg]; known {
		return component
	}
	return pkg + "." + receiver
}
