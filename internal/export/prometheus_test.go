package export

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/attribute"

	dto "github.com/prometheus/client_model/go"

	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func scraper(how Format) *Scraper { return &Scraper{form{how, machine{name: "host-1", boot: "b"}}} }

// scraped reads a page as Prometheus's own parser does, which refuses what is malformed.
func scraped(t *testing.T, s *Scraper, reports ...report.Report) (page string, families map[string]*dto.MetricFamily) {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b, reports); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return b.String(), families
}

func TestScrapeGolden(t *testing.T) {
	page, _ := scraped(t, scraper(Format{Version: "v0.1.0"}), fixedReport())
	golden.Equal(t, "scrape.txt", page)
}

// TestScrapeHasEveryMetric of the table, with as many series as are sent over OTLP.
func TestScrapeHasEveryMetric(t *testing.T) {
	_, families := scraped(t, scraper(Format{}), fixedReport())
	if sent := resourceMetrics(fixedReport(), form{}).ScopeMetrics[0].Metrics; len(families) != len(sent)+1 { // target_info
		t.Errorf("%d families for %d metrics", len(families), len(sent))
	}
	series := 0
	for _, m := range resourceMetrics(fixedReport(), form{}).ScopeMetrics[0].Metrics {
		series += len(attributeSets(m.Data))
	}
	got := -1
	for _, f := range families {
		got += len(f.GetMetric())
	}
	if got != series {
		t.Errorf("%d series, want %d", got, series)
	}
}

// TestScrapeOfHostileTargets is well-formed, whatever a target says of itself: its names
// stay values, and it cannot be another's.
func TestScrapeOfHostileTargets(t *testing.T) {
	hostile := fixedReport()
	hostile.Target.ServiceName = "a\"} 1\nup{x=\"\\"
	hostile.Target.Origin.StartTicks = 7
	hostile.Target.Origin.ResourceRead = true
	for _, key := range []string{"instance", "job", "le", "__name__", "a.b", "a_b", "0x", "___", "a\"}", "service.instance.id"} {
		hostile.Target.Origin.Resource.Attributes = append(hostile.Target.Origin.Resource.Attributes,
			snapshot.Attribute{Key: key, Type: snapshot.String, Values: []string{"evil"}})
	}
	hostile.Target.Origin.Resource.Attributes = append(hostile.Target.Origin.Resource.Attributes,
		snapshot.Attribute{Key: "service.name", Type: snapshot.String, Values: []string{hostile.Target.ServiceName}})
	_, families := scraped(t, scraper(Format{}), fixedReport(), hostile)
	if families["up"] != nil || len(families["target_info"].GetMetric()) != 2 {
		t.Error("a name has become a metric, or a target is missing")
	}
	found := false
	for _, f := range families {
		for _, m := range f.GetMetric() {
			names := map[string]bool{}
			for _, l := range m.GetLabel() {
				if names[l.GetName()] {
					t.Errorf("%s has the label %s twice", f.GetName(), l.GetName())
				}
				names[l.GetName()] = true
				if (l.GetName() == "instance" || l.GetName() == "job") && l.GetValue() == "evil" {
					t.Errorf("%s is what the target says", l.GetName())
				}
				found = found || l.GetValue() == hostile.Target.ServiceName
			}
		}
	}
	if !found {
		t.Error("the hostile name is no label")
	}
}

// TestScrapeHasAProcessOnce: a program that executed another one has two Reports.
func TestScrapeHasAProcessOnce(t *testing.T) {
	first, second := fixedReport(), fixedReport()
	second.Memory.RSSBytes = 5
	_, families := scraped(t, scraper(Format{}), first, second)
	if m := families["process_memory_usage_bytes"].GetMetric(); len(m) != 1 || m[0].GetGauge().GetValue() != 5 {
		t.Errorf("%v, want the last Report once", m)
	}
}

func TestResourceForAllTargets(t *testing.T) {
	added, err := ParseResource([]string{"deployment.environment.name=production", "team=a%2Cb", "host.name=node 1"})
	if err != nil {
		t.Fatal(err)
	}
	_, families := scraped(t, scraper(Format{Resource: added}), fixedReport())
	labels := map[string]string{}
	for _, l := range families["target_info"].GetMetric()[0].GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	if labels["deployment_environment_name"] != "production" || labels["team"] != "a,b" || labels["host_name"] != "node 1" {
		t.Errorf("%v", labels)
	}
	for _, bad := range []string{"", "team", "=x", "a=%zz", "service.instance.id=1", "process.pid=1", "otwatch.x=1", "container.id=2"} {
		if _, err := ParseResource([]string{bad}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestDroppedAttributes are gone from the Resource, also as what a process claims, and two
// processes stay two.
func TestDroppedAttributes(t *testing.T) {
	dropped, err := ParseDropped([]string{"process.executable.path", " host.name", "process.pid"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := fixedReport(), fixedReport()
	first.Target.Origin.Resource.Attributes = []snapshot.Attribute{{Key: "host.name", Type: snapshot.String, Values: []string{"secret"}}}
	second.Target.PID++
	_, families := scraped(t, scraper(Format{Dropped: dropped}), first, second)
	infos := families["target_info"].GetMetric()
	if len(infos) != 2 {
		t.Errorf("%d processes, want 2", len(infos))
	}
	for _, info := range infos {
		for _, l := range info.GetLabel() {
			if slices.Contains([]string{"process_executable_path", "host_name", "process_pid", "otwatch_claimed_host_name"}, l.GetName()) {
				t.Errorf("%s=%q is there", l.GetName(), l.GetValue())
			}
		}
	}
	for _, bad := range []string{"", "a=b", "service.name", "service.namespace", "service.instance.id", "error.type", "team"} {
		if _, err := ParseDropped([]string{bad}, []attribute.KeyValue{attribute.String("team", "a")}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestEssentialSeriesAreBounded however much of everything a target has, and each essential
// metric is in the table.
func TestEssentialSeriesAreBounded(t *testing.T) {
	for _, name := range essentials {
		if !containsMetric(Metrics(), name) {
			t.Errorf("no metric %s", name)
		}
	}
	for name, r := range map[string]report.Report{"fixed": fixedReport(), "crowded": crowdedReport()} {
		series, points := 0, map[string]int64{}
		for _, m := range resourceMetrics(r, form{Format: Format{Essential: true}}).ScopeMetrics[0].Metrics {
			seen := map[attribute.Distinct]bool{}
			each(m.Data, func(set attribute.Set, value string) {
				if seen[set.Equivalent()] {
					t.Errorf("%s: %s has two points for %s", name, m.Name, set.Encoded(attribute.DefaultEncoder()))
				}
				seen[set.Equivalent()] = true
				series++
				if m.Name == "otwatch.finding.active" {
					severity, _ := set.Value(findingSeverity)
					var n int64
					_, _ = fmt.Sscanf(value, "int64 %d", &n)
					points[severity.AsString()] = n
				}
			})
		}
		if series > EssentialSeries || series < EssentialSeries/2 {
			t.Errorf("%s: %d series, want at most %d", name, series, EssentialSeries)
		}
		want := map[string]int64{"info": 0, "warning": 2, "critical": 1}
		if name == "crowded" {
			want = map[string]int64{"info": crowd, "warning": 0, "critical": 0}
		}
		for severity, n := range want {
			if got, ok := points[severity]; !ok || got != n {
				t.Errorf("%s: %d findings of severity %s, want %d", name, got, severity, n)
			}
		}
	}
}

func containsMetric(all []Metric, name string) bool {
	for _, m := range all {
		if m.Name() == name {
			return true
		}
	}
	return false
}

// fleet is that many services that export traces and metrics, and none of whose exports
// fails.
func fleet(targets int) []report.Report {
	reports := make([]report.Report, targets)
	for i := range reports {
		r := fixedReport()
		r.Target.PID, r.Target.ServiceName = 1000+i, fmt.Sprintf("service-%d", i)
		r.Export.Exporters[0].Failures, r.Export.Exporters[0].Kinds = snapshot.Histogram{}, nil
		r.Pipelines = r.Pipelines[:1]
		metrics := &r.Pipelines[0].Exporters[0]
		metrics.Failures, metrics.FailedCollections, metrics.Kinds = snapshot.Histogram{}, snapshot.Histogram{}, nil
		reports[i] = r
	}
	return reports
}

// TestScrapeOfAFleetIsSmall: compressed, as Prometheus asks for it, 200 services with series
// of every kind take less than 1 MB. As text they take 6 MB, or 1 MB with Essential.
func TestScrapeOfAFleetIsSmall(t *testing.T) {
	every := slices.Repeat([]report.Report{fixedReport()}, 200)
	for i := range every {
		every[i].Target.PID = i
	}
	tests := []struct {
		name          string
		reports       []report.Report
		how           Format
		plain, zipped int
	}{
		{"usual", fleet(200), Format{}, 6_000_000, 1_000_000},
		{"essential", fleet(200), Format{Essential: true}, 1_000_000, 200_000},
		{"every kind of series", every, Format{}, 11_000_000, 1_000_000},
	}
	for _, tt := range tests {
		var plain, zipped bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&zipped, gzip.BestSpeed)
		if err := errors.Join(scraper(tt.how).Write(io.MultiWriter(&plain, zip), tt.reports), zip.Close()); err != nil {
			t.Fatal(err)
		}
		if plain.Len() > tt.plain || zipped.Len() > tt.zipped {
			t.Errorf("%s: %d bytes, %d compressed; want %d and %d", tt.name, plain.Len(), zipped.Len(), tt.plain, tt.zipped)
		}
		t.Logf("%s: %d bytes, %d compressed", tt.name, plain.Len(), zipped.Len())
	}
}

func BenchmarkScrape(b *testing.B) {
	reports, s := fleet(200), scraper(Format{Version: "v0.1.0"})
	var page bytes.Buffer
	began := time.Now()
	for b.Loop() {
		page.Reset()
		if err := s.Write(&page, reports); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds())/float64(b.N), "ms/page")
	b.ReportMetric(float64(page.Len()), "bytes/page")
}
