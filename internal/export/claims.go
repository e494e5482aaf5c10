package export

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

const (
	// claimed stands before the name of what a target says of itself where otwatch
	// does not take its word.
	claimed = "otwatch.claimed."
	// droppedAttributes counts what of a target's Resource is left out.
	droppedAttributes = attribute.Key("otwatch.resource.dropped_attributes")
)

// known are the attributes that say which process on which host it is. They are the
// kernel's: a process that chose its own could write into another's series.
var known = []attribute.Key{
	semconv.ServiceInstanceIDKey, semconv.HostNameKey, semconv.HostIDKey, semconv.ContainerIDKey, semconv.K8SPodUIDKey,
	semconv.ProcessPIDKey, semconv.ProcessLinuxCgroupKey,
}

// knownPrefixes begin further ones, and the names of otwatch's own.
var knownPrefixes = []string{"process.executable.", "otwatch."}

func isKnown(key attribute.Key) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(string(key), prefix) }
	return slices.Contains(known, key) || slices.ContainsFunc(knownPrefixes, begins)
}

// asClaims renames what a target says of its identity. What is as observed needs no
// saying.
func asClaims(attributes []attribute.KeyValue, observed *resource.Resource) []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range attributes {
		if isKnown(a.Key) {
			if is, ok := observed.Set().Value(a.Key); ok && is == a.Value {
				continue
			}
			a.Key = claimed + a.Key
		}
		out = append(out, a)
	}
	return out
}
