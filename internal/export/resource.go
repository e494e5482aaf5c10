package export

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/containers"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// scopeName is the instrumentation scope of the metrics.
const scopeName = "github.com/otwatch/otwatch"

// instanceNamespace is the convention's namespace for UUIDs of service.instance.id.
// Source: semantic-conventions docs/registry/attributes/service.md.
var instanceNamespace = uuid.MustParse("4d63009a-8d0f-11ee-aad7-4c796ed8e320")

// resourceMetrics is the metrics of one cumulative Report, under its target's Resource.
func resourceMetrics(r report.Report, how form) *metricdata.ResourceMetrics {
	scope := metricdata.ScopeMetrics{
		Scope: instrumentation.Scope{Name: scopeName, Version: how.Version, SchemaURL: semconv.SchemaURL},
	}
	r = how.reduced(r)
	for _, m := range metrics {
		if !how.sends(m, r.Target) {
			continue
		}
		if aggregation := m.Data(r); aggregation != nil {
			scope.Metrics = append(scope.Metrics, metricdata.Metrics{
				Name: m.Name(), Description: m.Description(), Unit: m.Unit(), Data: aggregation,
			})
		}
	}
	return &metricdata.ResourceMetrics{
		Resource:     how.resource(targetResource(r.Target, how.host)),
		ScopeMetrics: []metricdata.ScopeMetrics{scope},
	}
}

// reduced is what metrics are taken from.
func (f form) reduced(r report.Report) report.Report {
	if f.Essential {
		return essential(r)
	}
	return r
}

// sends reports whether a metric is sent of a target at all.
func (f form) sends(m Metric, t report.Target) bool {
	return !(f.Essential && !isEssential(m) || t.SelfObserved && isSDKs(m.Name()))
}

// isSDKs reports whether the SDK has a metric of this name itself.
func isSDKs(name string) bool { return strings.HasPrefix(name, "otel.sdk.") }

// targetResource is the Resource of the target's own SDK, so that its metrics are found
// with its spans, and what otwatch knows of the process. Where the two disagree about the
// process's identity, otwatch counts.
func targetResource(t report.Target, host machine) *resource.Resource {
	seen := observed(t, host)
	own := resource.NewWithAttributes(t.Origin.Resource.SchemaURL, asClaims(ownAttributes(t.Origin), seen, t.Origin.Kubernetes.Observed || t.Origin.ContainerName != "")...)
	// The error only means that the schemas differ; then the Resource has none.
	merged, _ := resource.Merge(seen, own)
	return merged
}

// ownAttributes are the attributes that were read from the target's memory, or that its
// SDK takes from the environment, and the pod's uid in the environment.
func ownAttributes(t snapshot.Target) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if !t.ResourceRead && t.SDKVersion != "" {
		attributes = append(attributes, semconv.TelemetrySDKName("opentelemetry"), semconv.TelemetrySDKLanguageGo,
			semconv.TelemetrySDKVersion(strings.TrimPrefix(t.SDKVersion, "v")))
	}
	for _, a := range t.Resource.Attributes {
		attributes = append(attributes, attribute.KeyValue{Key: attribute.Key(a.Key), Value: valueOf(a)})
	}
	if uid := t.Kubernetes.ClaimedPodUID; uid != "" {
		attributes = append(attributes, semconv.K8SPodUID(uid))
	}
	return attributes
}

// valueOf is an attribute's value in its type. If it cannot be parsed it stays a text.
func valueOf(a snapshot.Attribute) attribute.Value {
	if a.Type == snapshot.Strings {
		return attribute.StringSliceValue(a.Values)
	}
	text := strings.Join(a.Values, ",")
	switch a.Type {
	case snapshot.Bool:
		if v, err := strconv.ParseBool(text); err == nil {
			return attribute.BoolValue(v)
		}
	case snapshot.Int:
		if v, err := strconv.ParseInt(text, 10, 64); err == nil {
			return attribute.Int64Value(v)
		}
	case snapshot.Float:
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			return attribute.Float64Value(v)
		}
	}
	return attribute.StringValue(text)
}

// observed describes the target on its host, without its command line, since arguments
// may be secrets.
func observed(t report.Target, host machine) *resource.Resource {
	executable := path.Base(t.Exe)
	service := t.ServiceName
	if service == "" {
		// The specification's default where nothing names the service.
		service = "unknown_service:" + executable
	}
	attributes := []attribute.KeyValue{
		semconv.ServiceName(service),
		semconv.ServiceInstanceID(instanceID(t, host)),
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
	if t.ContainerName != nil {
		attributes = append(attributes, semconv.ContainerName(*t.ContainerName))
	}
	if host.name != "" {
		attributes = append(attributes, semconv.HostName(host.name))
	}
	if host.id != "" {
		attributes = append(attributes, semconv.HostID(host.id))
	}
	attributes = append(attributes, host.os...)
	if created := host.created(t.Origin.StartTicks); !created.IsZero() {
		attributes = append(attributes, semconv.ProcessCreationTime(created.UTC().Format(time.RFC3339Nano)))
	}
	if id := t.Origin.BuildID; id != "" {
		attributes = append(attributes, semconv.ProcessExecutableBuildIDGo(id))
	}
	if dropped := t.Origin.Resource.Dropped; dropped > 0 {
		attributes = append(attributes, droppedAttributes.Int(dropped))
	}
	attributes = append(attributes, locationOf(t.Origin)...)
	return resource.NewWithAttributes(semconv.SchemaURL, attributes...)
}

// locationOf is where on its host or in its cluster a target runs, as far as that is
// known.
func locationOf(t snapshot.Target) []attribute.KeyValue {
	var known []attribute.KeyValue
	for _, a := range []attribute.KeyValue{
		semconv.ProcessLinuxCgroup(t.Cgroup),
		semconv.K8SPodUID(t.Kubernetes.PodUID), semconv.K8SPodName(t.Kubernetes.PodName),
		semconv.K8SNamespaceName(t.Kubernetes.Namespace), semconv.K8SNodeName(t.Kubernetes.Node),
		semconv.K8SContainerName(t.Kubernetes.Container),
		ownerOf(t.Kubernetes),
	} {
		if a.Value.AsString() != "" {
			known = append(known, a)
		}
	}
	return known
}

// ownerOf names the workload that made a pod, under the name of its kind.
func ownerOf(k snapshot.Kubernetes) attribute.KeyValue {
	switch containers.OwnerKind(k.OwnerKind) {
	case containers.Deployment:
		return semconv.K8SDeploymentName(k.Owner)
	case containers.StatefulSet:
		return semconv.K8SStatefulSetName(k.Owner)
	case containers.DaemonSet:
		return semconv.K8SDaemonSetName(k.Owner)
	case containers.Job:
		return semconv.K8SJobName(k.Owner)
	}
	return attribute.KeyValue{}
}

// instanceID distinguishes processes of one service in backends that only consider
// service.name and service.instance.id, as Prometheus does: otherwise their series would
// be mixed. It stays the same when otwatch attaches again. No other process has it, even
// if hosts share a name and the pid is reused.
func instanceID(t report.Target, host machine) string {
	name := fmt.Sprintf("%s/%d/%d", cmp.Or(host.boot, host.name), t.PID, t.Origin.StartTicks)
	return uuid.NewSHA1(instanceNamespace, []byte(name)).String()
}

// identifiedWithin is how long to wait for a span of a target, which may have its
// Resource.
const identifiedWithin = 3 * time.Second

// Identified returns the Reports of targets whose own Resource is known, or will probably
// not be known soon. Series that were sent under another Resource before would be another
// process's to the backend.
func Identified(reports []report.Report) []report.Report {
	return slices.DeleteFunc(slices.Clone(reports), func(r report.Report) bool {
		return !r.Target.Origin.ResourceRead && r.Window.Seconds < identifiedWithin.Seconds()
	})
}
