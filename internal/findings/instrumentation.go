package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// instrumentation is what a program can set in instrumentation of others, by the beginning of
// the names of its scopes and functions. Advice that is empty does not exist.
type instrumentation struct {
	module string   // without its major version
	scopes []string // as the tracer's name; with the package path, if that differs
	fewer  option   // makes fewer spans
	checks option   // leaves health checks and scrapes out
	events option   // makes fewer events
	texts  option   // leaves texts such as statements out, or makes them short
	leak   option   // ends the spans that it starts
}

// option is what to write into the program, and the version of the module that has it, or in which
// it works; "" if all have.
type option struct{ does, since string }

const contribPrefix = "go.opentelemetry.io/contrib/instrumentation/"

// skipsHealthz is a filter of requests as several modules take it.
const skipsHealthz = `.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" })`

// instrumentations is the table. Each option was looked up in the module's source, in the
// version named, and each defect in the thread named.
var instrumentations = []instrumentation{
	// otelhttptrace v0.72.0, clienttrace.go; opentelemetry-go-contrib#4876, #8785
	{module: contribPrefix + "net/http/httptrace/otelhttptrace",
		scopes: []string{"go.opentelemetry.io/otel/instrumentation/httptrace", contribPrefix + "net/http/httptrace/otelhttptrace"},
		fewer:  option{does: "otelhttptrace.NewClientTrace(ctx, otelhttptrace.WithoutSubSpans()) makes events of the up to 7 spans of each HTTP call"},
		texts:  option{does: "otelhttptrace.NewClientTrace(ctx, otelhttptrace.WithoutHeaders()) leaves the headers of each HTTP call out"},
		leak:   option{does: "read response bodies to the end and close them: the span of the response ends there"}},
	// otelgrpc v0.72.0, config.go, and v0.60.0, stats_handler.go; opentelemetry-go-contrib#6446
	{module: contribPrefix + "google.golang.org/grpc/otelgrpc",
		scopes: []string{contribPrefix + "google.golang.org/grpc/otelgrpc"},
		checks: option{"otelgrpc.WithFilter(filters.Not(filters.HealthCheck())), with v0.60.0 or later: older versions do not end the spans that a filter excludes", "v0.60.0"},
		events: option{does: "remove otelgrpc.WithMessageEvents: it makes an event of each message"},
		leak:   option{does: "use v0.60.0 or later, or remove WithFilter: older versions do not end the spans of calls that a filter excludes"}},
	// otelhttp v0.72.0, config.go
	{module: contribPrefix + "net/http/otelhttp",
		scopes: []string{contribPrefix + "net/http/otelhttp"},
		checks: option{does: "otelhttp" + skipsHealthz},
		events: option{does: "remove otelhttp.WithMessageEvents: it makes an event of each read and write"},
		leak:   option{does: "read response bodies to the end, or close them: the client's span ends there"}},
	// otelgin v0.65.0, config.go
	{module: contribPrefix + "github.com/gin-gonic/gin/otelgin", scopes: []string{contribPrefix + "github.com/gin-gonic/gin/otelgin"},
		checks: option{does: "otelgin" + skipsHealthz}},
	// otelmux v0.58.0, config.go
	{module: contribPrefix + "github.com/gorilla/mux/otelmux", scopes: []string{contribPrefix + "github.com/gorilla/mux/otelmux"},
		checks: option{does: "otelmux" + skipsHealthz}},
	// otelecho v0.60.0, config.go
	{module: contribPrefix + "github.com/labstack/echo/otelecho", scopes: []string{contribPrefix + "github.com/labstack/echo/otelecho"},
		checks: option{does: `otelecho.WithSkipper(func(c echo.Context) bool { return c.Path() == "/healthz" })`}},
	// otelmongo v0.70.0, config.go
	{module: contribPrefix + "go.mongodb.org/mongo-driver/mongo/otelmongo",
		scopes: []string{contribPrefix + "go.mongodb.org/mongo-driver/mongo/otelmongo", contribPrefix + "go.mongodb.org/mongo-driver/v2/mongo/otelmongo"},
		texts:  option{does: "otelmongo.NewMonitor(otelmongo.WithCommandAttributeDisabled(true)) leaves the text of each command out"}},
	// otelsql v0.44.0, config.go, and CHANGELOG.md, 0.15.0
	{module: "github.com/XSAM/otelsql", scopes: []string{"github.com/XSAM/otelsql"},
		fewer:  option{"otelsql.WithSpanOptions(otelsql.SpanOptions{OmitConnResetSession: true, OmitRows: true, OmitConnPrepare: true})", "v0.15.0"},
		events: option{does: "set RowsNext to false in otelsql.SpanOptions: it makes an event of each row"},
		texts:  option{does: "otelsql.WithSpanOptions(otelsql.SpanOptions{DisableQuery: true}) leaves the text of each statement out"},
		leak:   option{does: "close rows, statements and transactions: their spans end there"}},
	// otelsql v0.16.0, options.go
	{module: "go.nhat.io/otelsql", scopes: []string{"go.nhat.io/otelsql"},
		fewer: option{does: "remove otelsql.TraceRowsNext and otelsql.TraceAll: they make a span of each row"},
		texts: option{does: "otelsql.TraceQueryWithoutArgs() leaves the arguments of each statement out"}},
	// redisotel v9.23.0, config.go
	{module: "github.com/redis/go-redis/extra/redisotel", scopes: []string{"github.com/redis/go-redis/extra/redisotel"},
		fewer:  option{"use pipelines, or leave commands out with redisotel.WithCommandFilter", "v9.16.0"},
		checks: option{"leave PING out with redisotel.WithCommandFilter", "v9.16.0"},
		texts:  option{does: "redisotel.InstrumentTracing(client, redisotel.WithDBStatement(false)) leaves the text of each command out"}},
	// otelpgx v0.13.0, options.go
	{module: "github.com/exaring/otelpgx", scopes: []string{"github.com/exaring/otelpgx"},
		fewer: option{does: "otelpgx.WithDisableAcquireTracer() leaves out the span of each connection that is taken from the pool"},
		texts: option{does: "otelpgx.NewTracer(otelpgx.WithDisableSQLStatementInAttributes()) leaves the text of each statement out"},
		leak:  option{does: "close rows: the span of a query ends there"}},
	// otelgorm v0.3.2, option.go
	{module: "github.com/uptrace/opentelemetry-go-extra/otelgorm", scopes: []string{"github.com/uptrace/opentelemetry-go-extra/otelgorm"},
		texts: option{does: "otelgorm.NewPlugin(otelgorm.WithoutQueryVariables()) leaves the values of each statement out"}},
	// opentelemetry v0.1.16, tracing/option.go
	{module: "gorm.io/plugin/opentelemetry", scopes: []string{"gorm.io/plugin/opentelemetry"},
		texts: option{does: "tracing.NewPlugin(tracing.WithoutQueryVariables()) leaves the values of each statement out"}},
	// bunotel v1.2.18, option.go
	{module: "github.com/uptrace/bun/extra/bunotel", scopes: []string{"github.com/uptrace/bun"},
		texts: option{does: "remove bunotel.WithFormattedQueries(true): it puts the values into each statement"}},
	// otelconnect v0.12.0, option.go
	{module: "connectrpc.com/otelconnect", scopes: []string{"connectrpc.com/otelconnect"},
		checks: option{does: `otelconnect.WithFilter(func(_ context.Context, spec connect.Spec) bool { return !strings.HasPrefix(spec.Procedure, "/grpc.health.v1.Health/") })`}},
	// otelchi v0.12.2, config.go
	{module: "github.com/riandyrn/otelchi", scopes: []string{"github.com/riandyrn/otelchi"},
		checks: option{does: "otelchi" + skipsHealthz}},
	// otelfiber v2.1.1, config.go
	{module: "github.com/gofiber/contrib/otelfiber", scopes: []string{"github.com/gofiber/contrib/otelfiber"},
		checks: option{does: `otelfiber.WithNext(func(c *fiber.Ctx) bool { return c.Path() == "/healthz" })`}},
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

// optionsFor collects an option of the instrumentations of scopes, each once. Where the version at
// hand does not have it, it begins with the upgrade.
func (s facts) optionsFor(names []snapshot.Name, of func(instrumentation) option) []string {
	var options []string
	for _, n := range names {
		if known := instrumentationOf(n.Scope); known != nil {
			if does := s.option(*known, of(*known)); does != "" && !slices.Contains(options, does) {
				options = append(options, does)
			}
		}
	}
	return options
}

// shorterTexts are options of the busiest instrumentations that leave texts out.
func (s facts) shorterTexts() (advice []report.Advice) {
	for _, does := range s.optionsFor(analyzer.Busiest(s.Names.List), func(i instrumentation) option { return i.texts }) {
		advice = append(advice, code(does))
	}
	return advice
}

func (s facts) option(known instrumentation, o option) string {
	if version := s.versionOf(known.module); o.since != "" && semver.IsValid(version) && semver.Compare(version, o.since) < 0 {
		return fmt.Sprintf("upgrade %s from %s to %s or later, then: %s", known.module, version, o.since, o.does)
	}
	return o.does
}

// versionOf is the version of a module, whatever its major version; "" if it is not known.
func (s facts) versionOf(module string) string {
	for _, m := range s.modules() {
		if m.Path == module || strings.HasPrefix(m.Path, module+"/v") {
			return m.Version
		}
	}
	return ""
}

// shortScope is the last part of a scope's name.
func shortScope(scope string) string {
	parts := strings.Split(scope, "/")
	return cmp.Or(parts[len(parts)-1], scope, "no name")
}
