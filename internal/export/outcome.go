package export

import (
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"
	"google.golang.org/grpc/codes"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// errorOther is the error.type of what failed for a reason that is not known.
var errorOther = otelconv.SDKExporterOperationDuration{}.AttrErrorType(otelconv.ErrorTypeOther)

// maxWithKinds is how many exporters of a signal have series for kinds of errors.
const maxWithKinds = 4

// kindsOf are the kinds of errors of the i-th exporter that have series of their own.
func kindsOf(i int, kinds []snapshot.FailureKind) []snapshot.FailureKind {
	if i >= maxWithKinds {
		return nil
	}
	return kinds
}

// records has a point for the records of an exporter that were exported, one for each class of
// errors of those that were not, and one for the rest, which begins at 0.
func records[T any](c component[T], exported, failed uint64, kinds []snapshot.FailureKind) []point[int64] {
	byClass := map[string]uint64{}
	var classes []string
	for _, kind := range kinds {
		if kind.Records == 0 {
			continue
		}
		if _, known := byClass[kind.Class]; !known {
			classes = append(classes, kind.Class)
		}
		byClass[kind.Class] += kind.Records
		failed -= min(kind.Records, failed)
	}
	points := []point[int64]{{c.attributes, int64(exported)}, {c.with(errorOther), int64(failed)}}
	for _, class := range classes {
		points = append(points, point[int64]{c.with(semconv.ErrorTypeKey.String(class)), int64(byClass[class])})
	}
	return points
}

// operations has a point for the calls of an exporter of some type that succeeded, one for each
// kind of errors that they returned, and one for the rest of these, if there is any.
func operations[T any](c component[T], exporter string, succeeded, failed snapshot.Histogram, kinds []snapshot.FailureKind) []point[snapshot.Histogram] {
	points := []point[snapshot.Histogram]{{c.with(success(exporter)...), succeeded}}
	for _, kind := range kinds {
		if kind.Durations.Count > 0 {
			attributes := append(statusCode(exporter, kind.Code), semconv.ErrorTypeKey.String(kind.Class))
			points = append(points, point[snapshot.Histogram]{c.with(attributes...), kind.Durations})
			failed = failed.Without(kind.Durations)
		}
	}
	if failed.Count > 0 {
		points = append(points, point[snapshot.Histogram]{c.with(errorOther), failed})
	}
	return points
}

// success is the status code with which a call of an exporter succeeds: of gRPC by its
// definition, and of HTTP by that of OTLP. Other exporters have none.
func success(exporter string) []attribute.KeyValue {
	if strings.HasPrefix(exporter, "otlp_grpc_") {
		return statusCode(exporter, codes.OK.String())
	}
	return statusCode(exporter, strconv.Itoa(http.StatusOK))
}

// statusCode is a status code of an exporter's protocol; none if it is not known.
func statusCode(exporter, code string) []attribute.KeyValue {
	switch {
	case code == "":
	case strings.HasPrefix(exporter, "otlp_grpc_"):
		return []attribute.KeyValue{semconv.RPCResponseStatusCode(code)}
	case strings.HasPrefix(exporter, "otlp_http_"):
		if number, err := strconv.Atoi(code); err == nil {
			return []attribute.KeyValue{semconv.HTTPResponseStatusCode(number)}
		}
	}
	return nil
}
