package export

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Format is what metrics say, however they are sent.
type Format struct {
	Version  string // otwatch's
	HostName string // empty: the machine's
	// Resource has attributes for the Resource of every target. They replace those of the
	// same names.
	Resource []attribute.KeyValue
	// Dropped are attributes that no target's Resource gets.
	Dropped []attribute.Key
	// Essential reduces the metrics to EssentialSeries for each target.
	Essential bool
}

// form is a Format on a machine.
type form struct {
	Format
	host machine
}

func newForm(f Format) form { return form{f, thisMachine(f.HostName)} }

// resource is a target's Resource with the attributes that all targets get, without those that
// none gets.
func (f form) resource(of *resource.Resource) *resource.Resource {
	if len(f.Resource)+len(f.Dropped) == 0 {
		return of
	}
	kept := slices.DeleteFunc(of.Attributes(), func(a attribute.KeyValue) bool {
		name := attribute.Key(strings.TrimPrefix(string(a.Key), claimed))
		return slices.Contains(f.Dropped, a.Key) || slices.Contains(f.Dropped, name)
	})
	return resource.NewWithAttributes(of.SchemaURL(), append(kept, f.Resource...)...)
}

// ParseResource reads attributes for all targets, each as in
// deployment.environment.name=production, with percent-encoding as in
// OTEL_RESOURCE_ATTRIBUTES.
func ParseResource(pairs []string) ([]attribute.KeyValue, error) {
	var attributes []attribute.KeyValue
	for _, pair := range pairs {
		key, value, found := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		text, err := url.PathUnescape(strings.TrimSpace(value))
		switch {
		case !found || key == "" || err != nil:
			return nil, fmt.Errorf("%q: want NAME=VALUE, such as deployment.environment.name=production", pair)
		case distinguishes(attribute.Key(key)):
			return nil, fmt.Errorf("%q: %s distinguishes processes, and otwatch determines it", pair, key)
		}
		attributes = append(attributes, attribute.String(key, text))
	}
	return attributes, nil
}

// identifying are the attributes without which backends would mix the series of several
// targets: Prometheus makes job and instance of them.
var identifying = []attribute.Key{semconv.ServiceNameKey, semconv.ServiceNamespaceKey, semconv.ServiceInstanceIDKey}

// ParseDropped reads names of attributes of the Resource that are to be dropped. added are those
// of ParseResource.
func ParseDropped(names []string, added []attribute.KeyValue) ([]attribute.Key, error) {
	var dropped []attribute.Key
	for _, name := range names {
		key := attribute.Key(strings.TrimSpace(name))
		switch {
		case key == "" || strings.Contains(name, "="):
			return nil, fmt.Errorf("%q: want the NAME of an attribute, such as process.executable.path", name)
		case slices.Contains(identifying, key):
			return nil, fmt.Errorf("%q: without it, backends would mix the series of several processes", name)
		case slices.ContainsFunc(added, func(a attribute.KeyValue) bool { return a.Key == key }):
			return nil, fmt.Errorf("%q: --resource adds it", name)
		case slices.ContainsFunc(metrics, func(m Metric) bool { return slices.Contains(m.Attributes, key) }):
			return nil, fmt.Errorf("%q: it tells series of one process apart; only attributes of the Resource can be dropped", name)
		}
		dropped = append(dropped, key)
	}
	return dropped, nil
}

// distinguishes reports whether an attribute of the Resource says which process it is of.
func distinguishes(key attribute.Key) bool {
	ofHost := []attribute.Key{semconv.HostNameKey, semconv.HostIDKey}
	return isKnown(key) && !slices.Contains(ofHost, key)
}
