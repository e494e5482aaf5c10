//go:build monitoring

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	converging = 3 * time.Minute // until every query must have returned data
	gone       = 6 * time.Minute // after which Prometheus has forgotten what came by OTLP
)

// way is one of the ways in which metrics come to Prometheus.
type way struct {
	name   string
	server *prometheus
	suffix string // of the files of deploy
	listen string // where the otwatch serves that sends or is scraped
}

// TestMonitoring evaluates every query of the dashboards and rules of deploy on real
// Prometheus servers, to which the metrics of two sick processes come in three ways: scraped,
// by OTLP/HTTP, and by OTLP/gRPC through a Collector.
func TestMonitoring(t *testing.T) {
	otwatch, shop, server := build(t, "./cmd/otwatch"), buildHere(t, "./shop"), buildPrometheus(t, "prometheus")
	arguments := []string{"attach", "--interval", "1s", "--budget", "20%", "--output", "none"}
	for _, how := range [][]string{
		{"-rate", "300", "-endpoint", failingReceiver(t, 150*time.Millisecond)},
		{"-rate", "10", "-endpoint", failingReceiver(t, time.Millisecond), "-simple"},
	} {
		target := start(t, true, []string{"OTEL_SERVICE_NAME=shop"}, shop, how...)
		if line := target.readLine(t); line != "ready" {
			t.Fatalf("the target says %q", line)
		}
		arguments = append(arguments, "--pid", strconv.Itoa(target.cmd.Process.Pid))
	}

	listen, other := freeAddress(t), freeAddress(t)
	ways := []way{
		{name: "scraped", server: startPrometheus(t, server, underscores, rulesFile(""), listen), listen: listen},
		{name: "OTLP over HTTP", server: startPrometheus(t, server, underscores, rulesFile(""), ""), listen: other},
		{name: "OTLP over gRPC, Collector, UTF-8 names", server: startPrometheus(t, server, utf8Names, rulesFile(".utf8"), ""), suffix: ".utf8", listen: listen},
	}
	every := []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"}
	watchers := []*process{
		start(t, false, every, otwatch, append(slices.Clone(arguments), "--listen", listen, "--endpoint", startRelay(t, ways[2].server.url+"/api/v1/otlp"))...),
		start(t, false, every, otwatch, append(slices.Clone(arguments), "--listen", other, "--endpoint", ways[1].server.url+"/api/v1/otlp")...),
	}
	for _, w := range watchers {
		w.until(t, "it is attached", func() bool { return attached(w) })
	}

	for i, at := range []string{listen, other} {
		watchers[i].until(t, "both targets are reported", func() bool { return len(reports(t, at)) == 2 })
	}

	pending := map[string]map[string]string{}
	for _, w := range ways {
		pending[w.name] = queries(t, w.suffix)
		t.Logf("%s: %d queries", w.name, len(pending[w.name]))
	}
	began := time.Now()
	for ; time.Since(began) < converging && !unneeded(t, listen, pending); time.Sleep(2 * time.Second) {
		for _, w := range ways {
			maps.DeleteFunc(pending[w.name], func(_, text string) bool { return known(w.server.query(t, text, time.Now())) })
		}
	}
	t.Logf("all that can be known is known after %v", time.Since(began).Round(time.Second))
	checkPending(t, listen, pending)
	for _, w := range ways {
		w.checkFigures(t)
	}

	for _, w := range watchers {
		_ = w.cmd.Process.Signal(os.Interrupt) // an error means that it has ended, which wait tells
		w.wait(t)
	}
	for _, w := range ways {
		missing := alertQueries(t, w.suffix)["OtwatchMissing"]
		if !known(w.server.query(t, missing, time.Now().Add(gone))) {
			t.Errorf("%s: nobody hears that otwatch has ended", w.name)
		}
	}
}

// failingReceiver takes some time for an export, and refuses every third.
func failingReceiver(t *testing.T, delay time.Duration) (url string) {
	var exports atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(delay)
		if exports.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func rulesFile(suffix string) string {
	return filepath.Join("..", "..", "deploy", "prometheus", "otwatch.rules"+suffix+".yaml")
}

type ruleFile struct {
	Groups []struct {
		Rules []struct{ Record, Alert, Expr string }
	}
}

func readRules(t *testing.T, suffix string) (file ruleFile) {
	t.Helper()
	text, err := os.ReadFile(rulesFile(suffix))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func alertQueries(t *testing.T, suffix string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, group := range readRules(t, suffix).Groups {
		for _, r := range group.Rules {
			if r.Alert != "" {
				found[r.Alert] = r.Expr
			}
		}
	}
	return found
}

// sick are the alerts that the targets give cause for.
var sick = []string{"OtwatchSpansDropped", "OtwatchQueueFull", "OtwatchExportFailures", "OtwatchSpanLeak", "OtwatchFindingCritical"}

// queries are all of a form, by a name: those of panels, those of rules, what was recorded,
// and those of alerts. An alert whose cause is not there must have data to compare with its
// limit.
func queries(t *testing.T, suffix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana", "otwatch"+suffix+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__rate_interval", "30s", "$service", ".+", "$process", ".+", "$price", "0.04")
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = variables.Replace(target.Expr)
		}
	}
	for _, group := range readRules(t, suffix).Groups {
		for _, r := range group.Rules {
			switch {
			case r.Record != "":
				all["rule "+r.Record], all["recorded "+r.Record] = r.Expr, r.Record
			case r.Alert == "OtwatchMissing": // otwatch is there
			case slices.Contains(sick, r.Alert):
				all["alert "+r.Alert] = r.Expr
			default:
				all["alert "+r.Alert] = strings.ReplaceAll(r.Expr, " > ", " > bool ")
			}
		}
	}
	return all
}

func known(samples []sampleOf) bool {
	return slices.ContainsFunc(samples, func(s sampleOf) bool { return !math.IsNaN(s.value) })
}

// unknown reports whether the report does not yet have the figure of a query: the trend of
// memory takes three minutes.
func unknown(query string, r report.Report) bool {
	growing := strings.Contains(query, "memory_growth") || strings.Contains(query, "memory.growth")
	return growing && r.Memory.GrowthBytesPerMinute == nil
}

// unneeded reports whether nothing is pending that the report knows.
func unneeded(t *testing.T, listen string, pending map[string]map[string]string) bool {
	t.Helper()
	r := reports(t, listen)[0]
	for _, left := range pending {
		for _, text := range left {
			if !unknown(text, r) {
				return false
			}
		}
	}
	return true
}

func checkPending(t *testing.T, listen string, pending map[string]map[string]string) {
	t.Helper()
	r := reports(t, listen)[0]
	for way, left := range pending {
		for name, text := range left {
			if !unknown(text, r) {
				t.Errorf("%s: %s returns nothing: %s", way, name, text)
			}
		}
	}
}

// reports are those that otwatch serves; nil if there are none yet.
func reports(t *testing.T, listen string) []report.Report {
	t.Helper()
	response, err := http.Get("http://" + listen + "/api/v1/report")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil // otwatch still attaches
	}
	var document struct{ Targets []report.Report }
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document.Targets
}

// checkFigures compares what Prometheus has with the reports before and after.
func (w way) checkFigures(t *testing.T) {
	t.Helper()
	before := reports(t, w.listen)
	time.Sleep(5 * time.Second) // until what was reported has come
	shares := w.byPID(t, `otwatch_tracing_cpu_share_ratio{otwatch_estimate_bound=""}`, `{"otwatch.tracing.cpu.share_ratio","otwatch.estimate.bound"=""}`)
	costs := w.byPID(t, `otwatch_span_cost_seconds{otwatch_estimate_bound=""} * 1e6`, `{"otwatch.span.cost_seconds","otwatch.estimate.bound"=""} * 1e6`)
	exported := w.byPID(t, `sum by (job, instance) (otel_sdk_exporter_span_exported_total{error_type=""})`, `sum by (job, instance) ({"otel.sdk.exporter.span.exported_total","error.type"=""})`)
	after := reports(t, w.listen)
	within(t, w.name+": tracing's share", shares, before, after, func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Share })
	within(t, w.name+": µs per span", costs, before, after, func(r report.Report) *estimate.Estimate { return r.Spans.CostUS })
	within(t, w.name+": spans exported", exported, before, after, func(r report.Report) *estimate.Estimate { return r.Spans.Exported })
}

// byPID is the value of a query for each process; it is written in both forms.
func (w way) byPID(t *testing.T, text, utf8 string) map[int]float64 {
	t.Helper()
	label, quoted := "process_pid", "process_pid"
	if w.suffix != "" {
		text, label, quoted = utf8, "process.pid", `"process.pid"`
	}
	values := map[int]float64{}
	for _, s := range w.server.query(t, fmt.Sprintf(`(%s) * on (job, instance) group_left (%s) group by (job, instance, %s) (target_info)`, text, quoted, quoted), time.Now()) {
		pid, err := strconv.Atoi(s.labels[label])
		if err != nil {
			t.Fatal(err)
		}
		values[pid] = s.value
	}
	return values
}

// within demands that values lie within the intervals of the reports before or after them,
// or between these, for each process whose reports have the figure. One must have it.
func within(t *testing.T, what string, values map[int]float64, before, after []report.Report, figure func(report.Report) *estimate.Estimate) {
	t.Helper()
	compared := 0
	for _, first := range before {
		i := slices.IndexFunc(after, func(r report.Report) bool { return r.Target.PID == first.Target.PID })
		if i < 0 {
			t.Fatalf("process %d is not reported any more", first.Target.PID)
		}
		a, b := figure(first), figure(after[i])
		if a == nil || b == nil {
			continue
		}
		compared++
		if got, ok := values[first.Target.PID]; !ok || got < min(a.Low, b.Low) || got > max(a.High, b.High) {
			t.Errorf("%s of process %d is %v, the reports say %+v and %+v", what, first.Target.PID, values, *a, *b)
		}
	}
	if compared == 0 {
		t.Errorf("%s is in no report", what)
	}
}
