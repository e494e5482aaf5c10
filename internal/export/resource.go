package export

import (
	"path"
	"strconv"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/analyzer"
)

// scopeName names otwatch as what made the metrics.
const scopeName = "github.com/otwatch/otwatch"

// instanceNamespace is the namespace that the convention gives for UUIDs of
// service.instance.id. Source: semantic-conventions docs/registry/attributes/service.md.
var instanceNamespace = uuid.MustParse("4d63009a-8d0f-11ee-aad7-4c796ed8e320")

// resourceMetrics is all that one cumulative Report yields, under its target's
// Resource. version is otwatch's.
func resourceMetrics(r analyzer.Report, hostName, version string) *metricdata.ResourceMetrics {
	scope := metricdata.ScopeMetrics{
		Scope: instrumentation.Scope{Name: scopeName, Version: version, SchemaURL: semconv.SchemaURL},
	}
	for _, m := range metrics {
		if aggregation := m.data(r, m.Kind); aggregation != nil {
			scope.Metrics = append(scope.Metrics, metricdata.Metrics{
				Name: m.Name(), Description: m.Description(), Unit: m.Unit(), Data: aggregation,
			})
		}
	}
	return &metricdata.ResourceMetrics{
		Resource:     targetResource(r.Target, hostName),
		ScopeMetrics: []metricdata.ScopeMetrics{scope},
	}
}

// targetResource describes the target on the host of that name, which may be
// empty. Its command line is not part of it: arguments hold secrets.
func targetResource(t analyzer.Target, hostName string) *resource.Resource {
	executable := path.Base(t.Exe)
	service := t.ServiceName
	if service == "" {
		// What the specification has an SDK use where nothing names the service.
		service = "unknown_service:" + executable
	}
	attributes := []attribute.KeyValue{
		semconv.ServiceName(service),
		semconv.ServiceInstanceID(instanceID(t.PID, hostName)),
		semconv.ProcessPID(t.PID),
		semconv.ProcessExecutableName(executable),
		semconv.ProcessExecutablePath(t.Exe),
		semconv.ProcessRuntimeName("go"),
		semconv.ProcessRuntimeVersion(t.GoVersion),
		semconv.HostArchKey.String(t.Arch),
	}
	if t.ContainerID != nil {
		attributes = append(attributes, semconv.ContainerID(*t.ContainerID))
	}
	if hostName != "" {
		attributes = append(attributes, semconv.HostName(hostName))
	}
	return resource.NewWithAttributes(semconv.SchemaURL, attributes...)
}

// instanceID keeps apart processes of one service in backends that look at
// service.name and service.instance.id only, as Prometheus does: without it
// their series fall into one. It stays the same when otwatch attaches again.
func instanceID(pid int, hostName string) string {
	return uuid.NewSHA1(instanceNamespace, []byte(hostName+"/"+strconv.Itoa(pid))).String()
}
