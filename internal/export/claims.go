package export

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

const (
	// claimed prefixes the name of what a target says of itself, where otwatch does not
	// rely on it.
	claimed = "otwatch.claimed."
	// droppedAttributes counts what is omitted of a target's Resource.
	droppedAttributes = attribute.Key("otwatch.resource.dropped_attributes")
)

// known are the attributes that identify the process and its host. They come from the
// kernel: a process that chose its own could write into another one's series.
var known = []attribute.Key{
	semconv.ServiceInstanceIDKey, semconv.HostNameKey, semconv.HostIDKey, semconv.ContainerIDKey, semconv.K8SPodUIDKey,
	semconv.ProcessPIDKey, semconv.ProcessCreationTimeKey, semconv.ProcessLinuxCgroupKey,
}

// places are attributes that say where in a cluster the process runs. Where the container
// runtime or the kubelet says that, what the process says of it is a claim.
var places = []attribute.Key{
	semconv.K8SPodNameKey, semconv.K8SNamespaceNameKey, semconv.K8SContainerNameKey, semconv.ContainerNameKey,
	semconv.K8SDeploymentNameKey, semconv.K8SStatefulSetNameKey, semconv.K8SDaemonSetNameKey, semconv.K8SJobNameKey,
}

// knownPrefixes are the prefixes of further such attributes, and of otwatch's own.
var knownPrefixes = []string{"process.executable.", "otwatch."}

func isKnown(key attribute.Key) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(string(key), prefix) }
	return slices.Contains(known, key) || slices.ContainsFunc(knownPrefixes, begins)
}

// asClaims renames what a target says of its identity, and omits what agrees with the
// observed identity. placed is true if its place in a cluster was observed.
func asClaims(attributes []attribute.KeyValue, observed *resource.Resource, placed bool) []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range attributes {
		is, observes := observed.Set().Value(a.Key)
		claims := isKnown(a.Key) || placed && observes && slices.Contains(places, a.Key)
		switch {
		case claims && observes && is == a.Value:
			continue
		case claims:
			a.Key = claimed + a.Key
		}
		out = append(out, a)
	}
	return out
}
