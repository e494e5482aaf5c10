package export

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestUnnamedServiceIsNamedAfterItsExecutable(t *testing.T) {
	set := targetResource(analyzer.Target{PID: 1, Exe: "/opt/bin/app"}, "h").Set()
	if got, _ := set.Value(semconv.ServiceNameKey); got.AsString() != "unknown_service:app" {
		t.Errorf("service.name is %q", got.AsString())
	}
	if set.HasValue(semconv.ContainerIDKey) {
		t.Error("a process outside of containers has a container.id")
	}
}

func TestInstanceIDTellsProcessesApart(t *testing.T) {
	same, pid, host := instanceID(7, "a"), instanceID(8, "a"), instanceID(7, "b")
	if same != instanceID(7, "a") {
		t.Error("one process has two ids")
	}
	if same == pid || same == host {
		t.Error("two processes have one id")
	}
}

// TestResourceIsTheTargetsOwn keeps what its SDK sends and adds what it does not.
func TestResourceIsTheTargetsOwn(t *testing.T) {
	const schema = "https://opentelemetry.io/schemas/1.26.0"
	origin := snapshot.Target{
		SDKVersion: "v1.47.0", ResourceRead: true, Cgroup: "/kubepods/pod/x", Kubernetes: snapshot.Kubernetes{PodName: "orders-1"},
		Resource: snapshot.Resource{SchemaURL: schema, Attributes: []snapshot.Attribute{
			{Key: "k8s.pod.name", Type: snapshot.String, Values: []string{"its own"}},
			{Key: "lists", Type: snapshot.Strings, Values: []string{"a", "b"}},
			{Key: "on", Type: snapshot.Bool, Values: []string{"true"}},
			{Key: "process.pid", Type: snapshot.Int, Values: []string{"1"}},
			{Key: "ratio", Type: snapshot.Float, Values: []string{"0.5"}},
			{Key: "service.name", Type: snapshot.String, Values: []string{"orders"}},
		}},
	}
	r := targetResource(analyzer.Target{PID: 4711, Exe: "/srv/app", ServiceName: "orders", Arch: "amd64", Origin: origin}, "h")
	for _, want := range []attribute.KeyValue{
		semconv.ServiceName("orders"), semconv.K8SPodName("its own"), attribute.StringSlice("lists", []string{"a", "b"}), attribute.Bool("on", true),
		semconv.ProcessPID(1), attribute.Float64("ratio", 0.5),
		semconv.ProcessExecutableName("app"), semconv.HostArchAMD64, semconv.HostName("h"), semconv.ProcessLinuxCgroup("/kubepods/pod/x"),
	} {
		if got, _ := r.Set().Value(want.Key); got.String() != want.Value.String() || got.Type() != want.Value.Type() {
			t.Errorf("%s is %s %v, want %s %v", want.Key, got.Type(), got.String(), want.Value.Type(), want.Value.String())
		}
	}
	if r.Set().HasValue(semconv.TelemetrySDKVersionKey) {
		t.Error("the target does not send telemetry.sdk.version")
	}
	if r.SchemaURL() != "" {
		t.Errorf("attributes of two schemas go under %s", r.SchemaURL())
	}
}

// TestResourceByEnvironment is what the SDK would make of it, so that it stays the
// same once it is read.
func TestResourceByEnvironment(t *testing.T) {
	origin := snapshot.Target{SDKVersion: "v1.47.0", Resource: snapshot.Resource{
		Attributes: []snapshot.Attribute{{Key: "team", Type: snapshot.String, Values: []string{"a"}}}}}
	set := targetResource(analyzer.Target{ServiceName: "orders", Origin: origin}, "").Set()
	for _, want := range []attribute.KeyValue{
		semconv.ServiceName("orders"), attribute.String("team", "a"),
		semconv.TelemetrySDKName("opentelemetry"), semconv.TelemetrySDKLanguageGo, semconv.TelemetrySDKVersion("1.47.0"),
	} {
		if got, _ := set.Value(want.Key); got.AsString() != want.Value.AsString() {
			t.Errorf("%s is %q, want %q", want.Key, got.AsString(), want.Value.AsString())
		}
	}
}

// TestTheSDKsOwnMetricsAreLeftToIt leaves out no other.
func TestTheSDKsOwnMetricsAreLeftToIt(t *testing.T) {
	r := fixedReport()
	all := len(resourceMetrics(r, "h", "v").ScopeMetrics[0].Metrics)
	r.Target.SelfObserved = true
	sdks := 0
	for _, m := range metrics {
		if strings.HasPrefix(m.Name(), "otel.sdk.") && m.data(r, m.Kind) != nil {
			sdks++
		}
	}
	left := resourceMetrics(r, "h", "v").ScopeMetrics[0].Metrics
	if sdks == 0 || len(left) != all-sdks {
		t.Errorf("%d metrics are left of %d, of which the SDK has %d", len(left), all, sdks)
	}
	for _, m := range left {
		if strings.HasPrefix(m.Name, "otel.sdk.") {
			t.Errorf("%s is the SDK's", m.Name)
		}
	}
}

func TestIdentified(t *testing.T) {
	report := func(read bool, seconds float64) analyzer.Report {
		return analyzer.Report{Target: analyzer.Target{Origin: snapshot.Target{ResourceRead: read}}, Window: analyzer.Window{Seconds: seconds}}
	}
	reports := []analyzer.Report{report(true, 0.1), report(false, 0.1), report(false, 3)}
	if got := Identified(reports); len(got) != 2 || got[0].Window.Seconds != 0.1 || got[1].Window.Seconds != 3 {
		t.Errorf("%+v, want the first and the last", got)
	}
}
