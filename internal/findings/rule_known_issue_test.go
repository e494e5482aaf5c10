package findings

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestLogProcessorSpins raises the spin of the old processor, and no work of the new one.
func TestLogProcessorSpins(t *testing.T) {
	const sdkLog = "go.opentelemetry.io/otel/sdk/log."
	for _, test := range []struct {
		name, function string
		samples        uint64
		want           string
	}{
		{"spins", "(*BatchProcessor).poll.func1", 700, "warning"},
		{"polls now and then", "(*BatchProcessor).poll.func1", 20, ""},
		{"the present processor", "(*BatchProcessor).process.func1", 700, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			busy := sampling(testsnapshot.Stack(test.samples, "runtime.selectgo", sdkLog+test.function), testsnapshot.Stack(1000-test.samples, app))
			r := judged(report.Limits{}, steadily(busy)...)
			if got := severityOf(r, "known-issue"); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if test.want != "" && !strings.Contains(found(t, r, "known-issue").Title, "opentelemetry-go/issues/6797") {
				t.Errorf("%q has no source", found(t, r, "known-issue").Title)
			}
		})
	}
}

// TestFilteredSpansLeak goes by the version of otelgrpc.
func TestFilteredSpansLeak(t *testing.T) {
	const otelGRPC = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	for module, want := range map[string]bool{
		otelGRPC + "@v0.51.0": false, otelGRPC + "@v0.52.0": true, otelGRPC + "@v0.59.0": true, otelGRPC + "@v0.60.0": false, otelGRPC + "@v1.2.0": false, otelGRPC: false,
		"example.org/otelgrpc@v0.58.0": false,
	} {
		var l leak
		l.Module = module
		l.NeverEnded = testNeverEnded
		if _, _, got := filteredSpansLeak(facts{wholeWatch: wholeWatch{leaks: []leak{l}}}); got != want {
			t.Errorf("%s: %v, want %v", module, got, want)
		}
	}
}

var testNeverEnded = estimate.Proportion(0.7, 1000)

// built changes what the build information says.
func built(modules ...string) change {
	return func(s *snapshot.Snapshot) {
		for _, m := range modules {
			path, version, _ := strings.Cut(m, "@")
			s.Target.Modules = append(s.Target.Modules, snapshot.Module{Path: path, Version: version})
		}
		s.Target.Linked = defects.Functions()
	}
}

// TestVersionsAlone raises one info for all defects of which nothing is seen, vulnerabilities first.
func TestVersionsAlone(t *testing.T) {
	const sdk, otel = "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel"
	for _, test := range []struct {
		name    string
		modules []string
		title   string // "" if nothing is raised
	}{
		{"newest", []string{otel + "@v1.47.0", sdk + "@v1.47.0"}, ""},
		{"a change of behaviour", []string{otel + "/exporters/otlp/otlptrace/otlptracehttp@v1.47.0"}, ""},
		{"built from a directory", []string{otel + "@", sdk + "@"}, ""},
		{"one vulnerability", []string{otel + "/exporters/otlp/otlptrace/otlptracehttp@v1.42.0"}, "1 known vulnerability and 1 known defect: CVE-2026-39882, otlp-http-retry-after"},
		{"many", []string{sdk + "@v1.16.0", otel + "@v1.36.0"},
			"1 known vulnerability and 3 known defects: CVE-2026-29181, batch-processor-deadlock, baggage-properties, 1 more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := judged(report.Limits{}, steadily(built(test.modules...))...)
			got := severityOf(r, "known-issue")
			if (got == "info") != (test.title != "") || got != "" && got != "info" {
				t.Fatalf("found %q, want %q", got, test.title)
			}
			if test.title == "" {
				return
			}
			f := found(t, r, "known-issue")
			if !strings.HasSuffix(f.Title, test.title) {
				t.Errorf("%q does not end in %q", f.Title, test.title)
			}
			if advice := f.Advice[0].Title; !strings.HasPrefix(advice, "upgrade go.opentelemetry.io/otel") || !strings.Contains(advice, "https://pkg.go.dev/vuln/") {
				t.Errorf("the first advice is %q", advice)
			}
		})
	}
}

// TestSymptomNeedsVersion does not take what versions without the defect do for its symptom.
func TestSymptomNeedsVersion(t *testing.T) {
	const text = `traces export: Post "https://collector:4318/v1/traces": http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this error`
	fails := func(s *snapshot.Snapshot) {
		s.Exports[0].Errors = 1
		s.Exports[0].Reasons = []snapshot.Failure{{Alike: text, Text: text, Count: 1, First: s.Start, Last: s.Start}}
	}
	const exporter = "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	for module, want := range map[string]string{exporter + "@v1.39.0": "warning", exporter + "@v1.47.0": "", exporter + "@": "warning"} {
		r := judged(report.Limits{}, steadily(fails, built(module))...)
		if got := severityOf(r, "known-issue"); got != want {
			t.Errorf("%s: found %q, want %q", module, got, want)
		}
	}
}

// TestPathNotAppended is about code that calls WithEndpointURL, and not about a variable with a URL
// without a path, of which export-errors has the advice.
func TestPathNotAppended(t *testing.T) {
	const text = "traces export: failed to send to http://collector:4318/: 404 Not Found"
	const exporter = "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	for name, test := range map[string]struct {
		options []snapshot.Option
		want    string
	}{
		"code calls it":      {[]snapshot.Option{{Function: exporter + ".WithEndpointURL"}}, "warning"},
		"no code calls it":   {[]snapshot.Option{}, ""},
		"this is not known":  {nil, "warning"},
		"code calls another": {[]snapshot.Option{{Function: exporter + ".WithEndpoint"}}, ""},
	} {
		fails := func(s *snapshot.Snapshot) {
			s.Exports[0].Errors = 1
			s.Exports[0].Reasons = []snapshot.Failure{{Alike: text, Text: text, Count: 1, First: s.Start, Last: s.Start}}
			s.Target.Options = test.options
		}
		r := judged(report.Limits{}, steadily(fails, built(exporter+"@v1.47.0"))...)
		if got := severityOf(r, "known-issue"); got != test.want {
			t.Errorf("%s: found %q, want %q", name, got, test.want)
		}
	}
}

// TestSymptoms has each symptom in the table of defects.
func TestSymptoms(t *testing.T) {
	ids := map[string]bool{}
	for _, d := range defects.All() {
		ids[d.ID] = true
		if d.Intended && symptoms[d.ID].seen == nil {
			t.Errorf("%s is mentioned only with its symptom, and has none", d.ID)
		}
	}
	for id := range symptoms {
		if !ids[id] {
			t.Errorf("the symptom of %s belongs to no defect", id)
		}
	}
}
