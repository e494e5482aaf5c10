package findings

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// instrumentation is what a program can set in instrumentation of others, by the beginning of
// the names of its scopes and functions. Advice that is empty does not exist.
type instrumentation struct {
	scopes []string // as the tracer's name; with the package path, if that differs
	fewer  string   // makes fewer spans
	checks string   // leaves health checks and scrapes out
	events string   // makes fewer events
	leak   string   // ends the spans that it starts
}

const contribPrefix = "go.opentelemetry.io/contrib/instrumentation/"

// instrumentations is the table. Each option was looked up in the module's source, in the
// version named, and each defect in the thread named.
var instrumentations = []instrumentation{
	// otelhttptrace v0.72.0, clienttrace.go; opentelemetry-go-contrib#4876, #8785
	{scopes: []string{"go.opentelemetry.io/otel/instrumentation/httptrace", contribPrefix + "net/http/httptrace/otelhttptrace"},
		fewer: "otelhttptrace.NewClientTrace(ctx, otelhttptrace.WithoutSubSpans()) makes events of the up to 7 spans of each HTTP call",
		leak:  "read response bodies to the end and close them: the span of the response ends there"},
	// otelgrpc v0.72.0, config.go, and v0.63.0, stats_handler.go; opentelemetry-go-contrib#6446
	{scopes: []string{contribPrefix + "google.golang.org/grpc/otelgrpc"},
		checks: "otelgrpc.WithFilter(filters.Not(filters.HealthCheck())), with v0.63.0 or later: older versions do not end the spans that a filter excludes",
		events: "remove otelgrpc.WithMessageEvents: it makes an event of each message",
		leak:   "use v0.63.0 or later, or remove WithFilter and WithInterceptorFilter: older versions do not end the spans of calls that a filter excludes"},
	// otelhttp v0.72.0, config.go
	{scopes: []string{contribPrefix + "net/http/otelhttp"},
		checks: "otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != \"/healthz\" })",
		events: "remove otelhttp.WithMessageEvents: it makes an event of each read and write",
		leak:   "read response bodies to the end, or close them: the client's span ends there"},
	// otelsql v0.44.0, config.go
	{scopes: []string{"github.com/XSAM/otelsql"},
		fewer:  "otelsql.WithSpanOptions(otelsql.SpanOptions{OmitConnResetSession: true, OmitRows: true, OmitConnPrepare: true})",
		events: "set RowsNext to false in otelsql.SpanOptions: it makes an event of each row",
		leak:   "close rows, statements and transactions: their spans end there"},
	// redisotel v9.23.0, config.go
	{scopes: []string{"github.com/redis/go-redis/extra/redisotel"},
		fewer:  "use pipelines, or leave commands out with redisotel.WithCommandFilter; redisotel.WithDBStatement(false) leaves out the commands' text",
		checks: "leave PING out with redisotel.WithCommandFilter"},
	// otelpgx v0.13.0, options.go
	{scopes: []string{"github.com/exaring/otelpgx"},
		fewer: "otelpgx.WithDisableAcquireTracer() leaves out the span of each connection that is taken from the pool",
		leak:  "close rows: the span of a query ends there"},
}

// instrumentationOf is what is known of the instrumentation that a scope, or a function, is of;
// nil if nothing is. Of several the one with the longest name counts.
func instrumentationOf(scopeOrFunction string) *instrumentation {
	var found *instrumentation
	longest := 0
	for i, known := range instrumentations {
		for _, scope := range known.scopes {
			if n := len(scope); n > longest && strings.HasPrefix(strings.TrimSuffix(scopeOrFunction, "…"), scope[:min(n, snapshot.NameLength)]) {
				found, longest = &instrumentations[i], n
			}
		}
	}
	return found
}

// optionsFor collects an advice of the instrumentations of scopes, each once.
func optionsFor(names []snapshot.Name, advice func(instrumentation) string) []string {
	var options []string
	for _, n := range names {
		if known := instrumentationOf(n.Scope); known != nil {
			if option := advice(*known); option != "" && !slices.Contains(options, option) {
				options = append(options, option)
			}
		}
	}
	return options
}

// shortScope is the last part of a scope's name.
func shortScope(scope string) string {
	parts := strings.Split(scope, "/")
	return cmp.Or(parts[len(parts)-1], scope, "no name")
}
