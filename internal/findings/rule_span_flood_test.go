package findings

import (
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/semver"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// fanOut is what is read of requests with 25 calls, each with spans of its parts.
func fanOut(ends, roots uint64) snapshot.Names {
	const httptrace = "go.opentelemetry.io/otel/instrumentation/httptrace"
	return snapshot.Names{Ends: ends, Roots: roots, Squares: 1000, List: []snapshot.Name{
		{Scope: httptrace, Name: "http.getconn", Read: 400, Spans: 400},
		{Scope: httptrace, Name: "http.send", Read: 300, Spans: 300},
		{Scope: contribPrefix + "net/http/otelhttp", Name: "HTTP GET", Read: 290, Spans: 290},
		{Scope: contribPrefix + "net/http/otelhttp", Name: "server", Read: 10, Spans: 10, LocalRoots: 10, RootsTimed: 10, RootTime: time.Second},
	}}
}

// ofJobs are names whose local roots take half a minute.
func ofJobs(names snapshot.Names) snapshot.Names {
	names.List[3].RootTime = 300 * time.Second
	return names
}

// large has so many requests with spans, of which some are large.
func large(names snapshot.Names, requests, spans, large uint64) snapshot.Names {
	names.Requests, names.RequestSpans, names.LargeRequests = requests, spans, large
	return names
}

// on gives the spans of each name so many events and links.
func on(events, links uint64) snapshot.Names {
	names := fanOut(1000, 50)
	for i, n := range names.List {
		names.List[i].Events, names.List[i].Links = n.Spans*events, n.Spans*links
	}
	return names
}

// filled gives the spans of the busiest name so many attributes.
func filled(attributes uint64) snapshot.Names {
	names := on(0, 0)
	names.List[0].Attributes = names.List[0].Spans * attributes
	return names
}

// requests are spans of names with one share each, in a thousand.
func requests(shares map[string]uint64) snapshot.Names {
	names := snapshot.Names{Squares: 1000, Ends: 1000, Roots: 500}
	for name, spans := range shares {
		names.List = append(names.List, snapshot.Name{Name: name, Read: spans, Spans: spans, LocalRoots: spans})
	}
	return names
}

func TestSpanFlood(t *testing.T) {
	for _, test := range []struct {
		name  string
		names snapshot.Names
		ended float64 // per second
		want  state
		title string
	}{
		{"200 spans a request", fanOut(10_000, 50), 1000, present, `200 spans a request: 80 of "http.getconn" (httptrace), 60 of "http.send" (httptrace), 58 of "HTTP GET" (otelhttp)`},
		{"of few requests", fanOut(400, 2), 1000, absent, ""},
		{"of four requests", fanOut(840, 4), 1000, present, `210 spans a request: 84 of "http.getconn"`},
		{"of few requests, most of which were seen to have many", large(fanOut(400, 2), 6, 700, 4), 1000, present, `117 or more spans a request: 47 of "http.getconn"`},
		{"few of which were", large(fanOut(400, 2), 20, 700, 4), 1000, absent, ""},
		{"at a rate that does not matter", fanOut(10_000, 50), 5, absent, ""},
		{"of a job that takes half a minute", ofJobs(fanOut(10_000, 50)), 1000, absent, ""},
		{"just above the limit, within the error", fanOut(3200, 50), 1000, unknown, ""},
		{"20 spans a request", fanOut(1000, 50), 1000, absent, ""},
		{"a recording of an earlier version", fanOut(0, 0), 1000, absent, ""},
		{"120 events on each", on(120, 0), 1000, present, `each span of "http.getconn" (httptrace) has 120 events`},
		{"120 links", on(3, 120), 1000, present, `each span of "http.getconn" (httptrace) has 120 links`},
		{"60 events", on(60, 0), 1000, unknown, ""},
		{"as many attributes as the SDK keeps", filled(128), 1000, present, `each span of "http.getconn" (httptrace) has 128 attributes`},
		{"nearly as many", filled(127), 1000, absent, ""},
		{"health checks", requests(map[string]uint64{"GET /healthz": 600, "GET /orders": 400}), 10, present, `60 % of the spans are of health checks and scrapes, mostly "GET /healthz"`},
		{"over gRPC", requests(map[string]uint64{"grpc.health.v1.Health/Check": 700, "shop.Cart/Add": 300}), 10, present, "70 %"},
		{"requests about metrics and streams", requests(map[string]uint64{"POST /api/v1/metrics": 600, "GET /video/live": 300, "PING": 100}), 10, absent, ""},
		{"some", requests(map[string]uint64{"GET /healthz": 300, "GET /metrics/query": 700}), 10, absent, ""},
		{"nothing is read", snapshot.Names{}, 10, unknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := facts{Past: history.Past{Names: test.names}, lately: snapshot.Snapshot{Elapsed: time.Second}}
			s.figures.Spans.Ended = estimate.Around(test.ended, 0, 100)
			got := judgeSpanFlood(s)
			if got.state != test.want || !strings.Contains(got.title, test.title) {
				t.Fatalf("state %v, want %v; %q, want %q", got.state, test.want, got.title, test.title)
			}
			if got.state == present && len(got.advice) == 0 {
				t.Error("there is no advice")
			}
		})
	}
}

// TestFloodIsTheLever for the cost of tracing: a sampling ratio would leave few traces, each as large.
func TestFloodIsTheLever(t *testing.T) {
	of := func(names snapshot.Names, share float64) []report.Advice {
		return forecastSampling(facts{
			Past: history.Past{Names: names}, limits: report.Limits{}.OrDefault(),
			cost: report.Report{CPU: report.CPU{Tracing: report.Share{Share: estimate.Around(share, share/10, 1000)}}},
		})
	}
	flood := of(fanOut(10_000, 50), 0.3)
	if len(flood) != 2 || !strings.Contains(flood[0].Title, "WithoutSubSpans()") || !strings.Contains(flood[1].Title, `"http.getconn"`) {
		t.Errorf("%+v", flood)
	}
	for _, share := range []float64{0.835, 0.84, 0.85} { // at which the ratio would be small, and none
		few := of(fanOut(1000, 50), share)
		for _, a := range few {
			if ratio := a.Wanted["OTEL_TRACES_SAMPLER_ARG"]; strings.HasPrefix(ratio, "0.00") {
				t.Errorf("at %v: %+v", share, a)
			}
		}
		if len(few) == 0 {
			t.Errorf("at %v: no advice", share)
		}
	}
}

// TestInstrumentations are found by scope, also if that is cut off, and by function.
func TestInstrumentations(t *testing.T) {
	for _, known := range instrumentations {
		some := false
		for _, o := range []option{known.fewer, known.checks, known.events, known.texts, known.leak} {
			some = some || o.does != ""
			if o.since != "" && (o.does == "" || !semver.IsValid(o.since)) {
				t.Errorf("%s: %+v", known.module, o)
			}
		}
		if !some {
			t.Errorf("%q has no advice", known.scopes)
		}
		for _, scope := range known.scopes {
			cut := scope
			if len(cut) > snapshot.NameLength {
				cut = cut[:snapshot.NameLength] + "…"
			}
			for _, of := range []string{scope, cut, scope + ".(*T).start"} {
				if got := instrumentationOf(of); got == nil || got.scopes[0] != known.scopes[0] {
					t.Errorf("%s: %+v", of, got)
				}
			}
		}
	}
	for _, other := range []string{"", "main", "github.com/redis/go-redis"} {
		if got := instrumentationOf(other); got != nil {
			t.Errorf("%q: %+v", other, got)
		}
	}
}

// TestPoisson compares with exact intervals. Source: Garwood, Fiducial limits for the Poisson
// distribution, 1936.
func TestPoisson(t *testing.T) {
	for count, want := range map[float64][2]float64{3: {0.619, 8.767}, 4: {1.090, 10.242}, 10: {4.795, 18.390}, 50: {37.111, 65.919}} {
		low, high := poisson(count)
		if math.Abs(low-want[0]) > 0.03 || math.Abs(high-want[1]) > 0.03 {
			t.Errorf("%v: %.3f to %.3f, want %v", count, low, high, want)
		}
	}
}

// TestOptionOfVersion begins with the upgrade where the version at hand does not have the option.
func TestOptionOfVersion(t *testing.T) {
	const otelGRPC = contribPrefix + "google.golang.org/grpc/otelgrpc"
	names := []snapshot.Name{{Scope: otelGRPC, Name: "grpc.health.v1.Health/Check"}}
	for version, begins := range map[string]string{
		"v0.58.0": "upgrade " + otelGRPC + " from v0.58.0 to v0.60.0 or later, then: otelgrpc.WithFilter", "v0.72.0": "otelgrpc.WithFilter", "": "otelgrpc.WithFilter",
	} {
		lately := snapshot.Snapshot{Target: snapshot.Target{Modules: []snapshot.Module{{Path: otelGRPC, Version: version}}}}
		options := facts{lately: lately}.optionsFor(names, func(i instrumentation) option { return i.checks })
		if len(options) != 1 || !strings.HasPrefix(options[0], begins) {
			t.Errorf("%q: %q", version, options)
		}
	}
}
