//go:build monitoring

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// away is how long Prometheus is away: longer than several exports.
const away = 15 * time.Second

// sdkVersion is an SDK version, with that of its modules of logs; without one it has none.
type sdkVersion struct {
	sdk, log     string
	selfObserved bool
}

var sdkVersions = []sdkVersion{{sdk: "v1.21.0"}, {sdk: "v1.39.0", log: "v0.15.0", selfObserved: true}, {sdk: "v1.47.0", log: "v1.47.0"}}

// service is its service.name.
func (v sdkVersion) service() string { return "sdk-" + v.sdk }

// build compiles the program versions with it, as a module of its own.
func (v sdkVersion) build(t *testing.T) string {
	t.Helper()
	const otel = "go.opentelemetry.io/otel"
	modules, files := map[string]string{}, []string{"main.go"}
	for _, path := range []string{"", "/sdk", "/sdk/metric", "/exporters/otlp/otlptrace/otlptracehttp"} {
		modules[otel+path] = v.sdk
	}
	modules[otel+"/exporters/otlp/otlpmetric/otlpmetrichttp"] = v.sdk
	if v.sdk == "v1.21.0" {
		modules[otel+"/exporters/otlp/otlpmetric/otlpmetrichttp"] = "v0.44.0" // the module's version then
	}
	if v.log != "" {
		modules[otel+"/log"], modules[otel+"/sdk/log"], files = v.log, v.log, append(files, "logs.go")
	}
	dir := t.TempDir()
	mod := "module example.com/versions\n\ngo 1.26.0\n"
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		mod += fmt.Sprintf("require %s %s\n", path, modules[path])
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(filepath.Join("versions", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), source, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "versions")
	command := exec.Command("go", "build", "-mod=mod", "-tags", "logs", "-o", path)
	command.Dir, command.Env = dir, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build with SDK %s: %v\n%s", v.sdk, err, out)
	}
	return path
}

// demoQueries are those of the OpenTelemetry demo's dashboard for self-observability, by the
// signal that they are about: src/grafana/provisioning/dashboards/demo/self-observability.json
// of open-telemetry/opentelemetry-demo. Those about live spans are not here: docs/metrics.md says
// why otwatch does not have them.
var demoQueries = map[string][]string{
	"spans": {
		`group by (service_name) ({__name__=~"otel_sdk_.+",service_name=~"$service_name"})`,
		`group by (service_name, otel_component_type, otel_component_name) ({__name__=~"otel_sdk_.+",otel_component_type!="",service_name=~"$service_name"})`,
		`sum(rate(otel_sdk_exporter_span_exported_total{service_name=~"$service_name",error_type=""}[$__rate_interval]))`,
		`sum by (service_name) (rate(otel_sdk_span_started_total{service_name=~"$service_name"}[$__rate_interval]))`,
		`sum by (service_name, otel_component_name) (otel_sdk_processor_span_queue_size{service_name=~"$service_name"}) / sum by (service_name, otel_component_name) (otel_sdk_processor_span_queue_capacity{service_name=~"$service_name"})`,
		`sum by (service_name, error_type) (rate(otel_sdk_exporter_span_exported_total{service_name=~"$service_name",error_type!=""}[$__rate_interval]))`,
		`sum by (service_name) (otel_sdk_exporter_span_inflight{service_name=~"$service_name"})`,
		average("otel_sdk_exporter_operation_duration_seconds", "service_name, otel_component_type", `,otel_component_type=~".*span_exporter"`),
	},
	// The SDK has it from the first span on that is dropped, and otwatch from the beginning.
	"drops": {
		`sum by (service_name, error_type) (rate(otel_sdk_processor_span_processed_total{service_name=~"$service_name",error_type!=""}[$__rate_interval]))`,
	},
	"metrics": {
		`sum(rate(otel_sdk_exporter_metric_data_point_exported_total{service_name=~"$service_name",error_type=""}[$__rate_interval]))`,
		`sum by (service_name, error_type) (rate(otel_sdk_exporter_metric_data_point_exported_total{service_name=~"$service_name",error_type!=""}[$__rate_interval]))`,
		`sum by (service_name) (otel_sdk_exporter_metric_data_point_inflight{service_name=~"$service_name"})`,
		average("otel_sdk_metric_reader_collection_duration_seconds", "service_name", ""),
		average("otel_sdk_exporter_operation_duration_seconds", "service_name, otel_component_type", `,otel_component_type=~".*metric_exporter"`),
	},
	"logs": {
		`sum(rate(otel_sdk_exporter_log_exported_total{service_name=~"$service_name",error_type=""}[$__rate_interval]))`,
		`sum by (service_name) (rate(otel_sdk_log_created_total{service_name=~"$service_name"}[$__rate_interval]))`,
		`sum by (service_name, error_type) (rate(otel_sdk_exporter_log_exported_total{service_name=~"$service_name",error_type!=""}[$__rate_interval]))`,
		`sum by (service_name) (otel_sdk_exporter_log_inflight{service_name=~"$service_name"})`,
		`sum by (service_name, otel_component_name) (otel_sdk_processor_log_queue_size{service_name=~"$service_name"}) / sum by (service_name, otel_component_name) (otel_sdk_processor_log_queue_capacity{service_name=~"$service_name"})`,
		`sum by (service_name, error_type) (rate(otel_sdk_processor_log_processed_total{service_name=~"$service_name",error_type!=""}[$__rate_interval]))`,
	},
}

// average is the mean of a histogram, as the dashboard has it.
func average(histogram, by, labels string) string {
	of := func(part string) string {
		return fmt.Sprintf(`sum by (%s) (rate(%s_%s{service_name=~"$service_name"%s}[$__rate_interval]))`, by, histogram, part, labels)
	}
	return of("sum") + " / " + of("count")
}

// queries are those that must return data for a service. An SDK that counts itself does so for
// spans; later versions do for the other signals.
func (v sdkVersion) queries() (all []string) {
	signals := []string{"spans"}
	if !v.selfObserved {
		signals = append(signals, "drops", "metrics")
		if v.log != "" {
			signals = append(signals, "logs")
		}
	}
	variables := strings.NewReplacer("$service_name", v.service(), "$__rate_interval", "30s")
	for _, signal := range signals {
		for _, query := range demoQueries[signal] {
			all = append(all, variables.Replace(query))
		}
	}
	return all
}

// watchedServices are those that do not count themselves.
func watchedServices() (services []string) {
	for _, v := range sdkVersions {
		if !v.selfObserved {
			services = append(services, v.service())
		}
	}
	return services
}

// TestVersions watches programs with an old, a new, and a self-observed SDK. The dashboard that
// people have for the SDK's own metrics shows them all, and still does after Prometheus was
// killed: totals are right at once, and otwatch has kept nothing but the newest.
func TestVersions(t *testing.T) {
	otwatch, server := build(t, "./cmd/otwatch"), buildPrometheus(t, "prometheus")
	prometheus := startPrometheus(t, server, promoted, rulesFile(""), "")
	receiver := strings.TrimPrefix(failingReceiver(t, time.Millisecond), "http://")
	listen := freeAddress(t)
	arguments := []string{"attach", "--interval", "1s", "--budget", "100%", "--output", "none", "--listen", listen, "--endpoint", prometheus.url + "/api/v1/otlp"}
	for _, v := range sdkVersions {
		environ := []string{"OTEL_SERVICE_NAME=" + v.service(), fmt.Sprintf("OTEL_GO_X_OBSERVABILITY=%t", v.selfObserved)}
		target := start(t, true, environ, v.build(t), "-spans", receiver, "-metrics", strings.TrimPrefix(prometheus.url, "http://"))
		if line := target.readLine(t); line != "ready" {
			t.Fatalf("the target says %q", line)
		}
		arguments = append(arguments, "--pid", strconv.Itoa(target.cmd.Process.Pid))
	}
	watcher := start(t, false, []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"}, otwatch, arguments...)
	watcher.until(t, "all targets are reported", func() bool { return attached(watcher) && len(reports(t, listen)) == len(sdkVersions) })
	for _, v := range sdkVersions {
		for _, query := range v.queries() {
			watcher.until(t, fmt.Sprintf("%s returns data", query), func() bool { return known(prometheus.query(t, query, time.Now())) })
		}
	}

	before := reports(t, listen)[0].Probe.AgentRSSBytes
	prometheus.kill(t)
	time.Sleep(away)
	prometheus.run(t)
	watcher.until(t, "otwatch finds it again", func() bool { return strings.Contains(watcher.stderr.String(), "OTLP export works again") })
	exported := way{name: "after the outage", server: prometheus}
	earlier := reports(t, listen)
	time.Sleep(3 * time.Second) // until what was reported has come
	values := exported.byPID(t, `sum by (job, instance) (otel_sdk_exporter_span_exported_total{error_type="",job=~"`+strings.Join(watchedServices(), "|")+`"})`, "")
	later := reports(t, listen)
	watched := func(all []report.Report) []report.Report {
		return slices.DeleteFunc(slices.Clone(all), func(r report.Report) bool { return r.Target.SelfObserved })
	}
	within(t, "spans exported, after Prometheus was killed", values, watched(earlier), watched(later), func(r report.Report) *estimate.Estimate { return r.Spans.Exported })
	if after := later[0].Probe.AgentRSSBytes; after > before+20<<20 {
		t.Errorf("otwatch takes %d MB, %d MB before the outage", after>>20, before>>20)
	}
}
