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
	// Essential reduces the metrics to EssentialSeries for each target.
	Essential bool
}

// form is a Format on a machine.
type form struct {
	Format
	host machine
}

func newForm(f Format) form { return form{f, thisMachine(f.HostName)} }

// added is a target's Resource with the attributes that all targets get.
func (f form) added(to *resource.Resource) *resource.Resource {
	if len(f.Resource) == 0 {
		return to
	}
	return resource.NewWithAttributes(to.SchemaURL(), append(to.Attributes(), f.Resource...)...)
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

// distinguishes reports whether an attribute of the Resource says which process it is of.
func distinguishes(key attribute.Key) bool {
	ofHost := []attribute.Key{semconv.HostNameKey, semconv.HostIDKey}
	return isKnown(key) && !slices.Contains(ofHost, key)
}
