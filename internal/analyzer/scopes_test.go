package analyzer

import (
	"maps"
	"math"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestScopes joins scopes and libraries by name, by a name that was cut off, and by the lines
// that start the spans.
func TestScopes(t *testing.T) {
	const (
		otelHTTP = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
		otelGRPC = "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	)
	s := sampled("otlp_grpc_span_exporter",
		testsnapshot.Stack(100, start, otelHTTP+".(*middleware).serveHTTP"), testsnapshot.Stack(60, "runtime.mallocgc", otelHTTP+"/internal/semconv.HTTPServer.RequestTraceAttrs"),
		testsnapshot.Stack(80, start, otelGRPC+".(*serverHandler).TagRPC"), testsnapshot.Stack(70, start, "shop/checkout.pay"), testsnapshot.Stack(50, start, "shop/stock.reserve"),
		testsnapshot.Stack(20, start, "shop/audit.log"), testsnapshot.Stack(620, "main.work"))
	name := func(scope, name string, spans uint64) snapshot.Name {
		return snapshot.Name{Scope: scope, Name: name, Read: spans, Spans: spans, Attributes: 3 * spans, LocalRoots: spans / 4}
	}
	s.Names = snapshot.Names{Squares: 1000, List: []snapshot.Name{
		name(otelHTTP, "GET", 400), name(otelGRPC[:64]+"…", "Order", 200), name("checkout", "pay", 200), name("both", "reserve", 100), name("both", "log", 100),
	}}
	site := func(function, span string) snapshot.FollowedSite {
		return snapshot.FollowedSite{Site: snapshot.Frame{Function: function}, SpanName: span}
	}
	s.Following.Sites = []snapshot.FollowedSite{site("shop/checkout.pay", "pay"), site("shop/stock.reserve", "reserve"), site("shop/audit.log", "log")}
	got := map[string]report.Scope{}
	for _, scope := range Analyze(s).Scopes {
		got[scope.Title()] = scope
	}
	for title, want := range map[string]struct {
		library string
		share   float64 // 0: not known
		each    float64 // spans per request; 0: not known
	}{
		otelHTTP: {otelHTTP, 0.16, 1.6}, otelGRPC: {otelGRPC, 0.08, 0.8}, "checkout": {"shop/checkout", 0.07, 0.8},
		"both": {"", 0, 0.8}, "shop/stock": {"shop/stock", 0.05, 0}, "shop/audit": {"shop/audit", 0.02, 0},
	} {
		scope := got[title]
		if scope.Library != want.library || math.Abs(valueOf(scope.Share)-want.share) > 1e-9 || math.Abs(valueOf(scope.PerRequest)-want.each) > 1e-9 {
			t.Errorf("%s: %+v, want %+v", title, scope, want)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d scopes, want 6", len(got))
	}
	if all := got[otelHTTP].AllocShare; all == nil || all.Value != 1 {
		t.Errorf("otelhttp allocates %+v, want all", all)
	}
}

// TestScopeOfSeveralPackages has a scope whose name was cut off where the names of two packages
// are still the same.
func TestScopeOfSeveralPackages(t *testing.T) {
	list := []report.Scope{{Name: "github.com/shop/ord…"}, {Name: "github.com/shop/pay…"}}
	libraries := map[string]library{"github.com/shop/orders": {}, "github.com/shop/ordinals": {}, "github.com/shop/payments": {}}
	want := map[string]string{"github.com/shop/pay…": "github.com/shop/payments"}
	if got := packagesOf(list, snapshot.Snapshot{}, libraries); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
