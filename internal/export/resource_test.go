package export

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestUnnamedServiceIsNamedAfterItsExecutable(t *testing.T) {
	set := targetResource(report.Target{PID: 1, Exe: "/opt/bin/app"}, machine{name: "h"}).Set()
	if got, _ := set.Value(semconv.ServiceNameKey); got.AsString() != "unknown_service:app" {
		t.Errorf("service.name is %q", got.AsString())
	}
	if set.HasValue(semconv.ContainerIDKey) {
		t.Error("a process outside of containers has a container.id")
	}
}

func TestInstanceIDTellsProcessesApart(t *testing.T) {
	id := func(boot string, pid int, started uint64) string {
		return instanceID(report.Target{PID: pid, Origin: snapshot.Target{StartTicks: started}}, machine{name: "h", boot: boot})
	}
	if again := id("a", 7, 1); again != id("a", 7, 1) {
		t.Error("one process has two ids")
	}
	for name, other := range map[string]string{"another pid": id("a", 8, 1), "the same pid later": id("a", 7, 2), "a host of the same name": id("b", 7, 1)} {
		if other == id("a", 7, 1) {
			t.Errorf("%s has the same id", name)
		}
	}
}

// TestProcessAndHost has what conventions know of a process and its host.
func TestProcessAndHost(t *testing.T) {
	host := machine{booted: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), os: []attribute.KeyValue{semconv.OSTypeLinux, semconv.OSDescription("Debian")}}
	set := targetResource(report.Target{Origin: snapshot.Target{StartTicks: 6_025, BuildID: "a/b"}}, host).Set()
	for _, want := range []attribute.KeyValue{
		semconv.ProcessCreationTime("2026-03-01T12:01:00.25Z"), semconv.ProcessExecutableBuildIDGo("a/b"), semconv.OSTypeLinux, semconv.OSDescription("Debian"),
	} {
		if got, _ := set.Value(want.Key); got != want.Value {
			t.Errorf("%s is %q, want %q", want.Key, got.String(), want.Value.String())
		}
	}
	set = targetResource(report.Target{}, machine{}).Set()
	for _, key := range []attribute.Key{semconv.ProcessCreationTimeKey, semconv.ProcessExecutableBuildIDGoKey, semconv.OSTypeKey} {
		if set.HasValue(key) {
			t.Errorf("%s of nothing", key)
		}
	}
}

// TestThisMachine agrees with what the kernel says of this process.
func TestThisMachine(t *testing.T) {
	host := thisMachine("")
	stat, err := procfs.NewProc(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	s, err := stat.Stat()
	if err != nil {
		t.Fatal(err)
	}
	began, err := s.StartTime()
	if err != nil {
		t.Fatal(err)
	}
	if created := host.created(s.Starttime); created.Sub(time.Unix(0, int64(began*1e9))).Abs() > 2*time.Second || time.Since(created) > time.Hour {
		t.Errorf("created at %v, by procfs at %v", created, began)
	}
	if !slices.Contains(host.os, semconv.OSTypeLinux) {
		t.Errorf("the host is %v", host.os)
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
	r := targetResource(report.Target{PID: 4711, Exe: "/srv/app", ServiceName: "orders", Arch: "amd64", Origin: origin}, machine{name: "h"})
	for _, want := range []attribute.KeyValue{
		semconv.ServiceName("orders"), semconv.K8SPodName("its own"), attribute.StringSlice("lists", []string{"a", "b"}), attribute.Bool("on", true),
		semconv.ProcessPID(4711), attribute.Int("otwatch.claimed.process.pid", 1), attribute.Float64("ratio", 0.5),
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

// TestAClaimedIdentityIsNotBelieved, however it is claimed: each attribute stays the
// kernel's, and the claim goes under a name of otwatch's own.
func TestAClaimedIdentityIsNotBelieved(t *testing.T) {
	const victim = "the victim's"
	claims := []string{"process.creation.time", "container.id", "host.id", "host.name", "k8s.pod.uid", "otwatch.claimed.host.name", "process.executable.build_id.gnu",
		"process.executable.name", "process.executable.path", "process.linux.cgroup", "process.pid", "service.instance.id"}
	host := machine{name: "h", id: "its id", boot: "b"}
	for _, read := range []bool{true, false} {
		origin := snapshot.Target{ResourceRead: read, StartTicks: 5, Cgroup: "/x", Kubernetes: snapshot.Kubernetes{PodUID: "its pod", ClaimedPodUID: "another"}}
		for _, key := range claims {
			origin.Resource.Attributes = append(origin.Resource.Attributes, snapshot.Attribute{Key: key, Type: snapshot.String, Values: []string{victim}})
		}
		container := "its container"
		honest := report.Target{PID: 4711, Exe: "/srv/app", ContainerID: &container, Origin: snapshot.Target{StartTicks: 5, Cgroup: "/x", Kubernetes: snapshot.Kubernetes{PodUID: "its pod"}}}
		lying := honest
		lying.Origin = origin
		was, is := targetResource(honest, host).Set(), targetResource(lying, host).Set()
		for _, key := range claims {
			claim, _ := is.Value(attribute.Key("otwatch.claimed." + key))
			before, had := was.Value(attribute.Key(key))
			after, has := is.Value(attribute.Key(key))
			ours := key == "otwatch.claimed.host.name" // what the target claims of host.name
			if had != has && !ours || had && before != after || claim.AsString() == "" {
				t.Errorf("%s was %q and is %q, claimed %q", key, before.String(), after.String(), claim.AsString())
			}
		}
	}
}

// TestAPodThatOnlyTheEnvironmentNamesIsAClaim where the cgroup names none.
func TestAPodThatOnlyTheEnvironmentNamesIsAClaim(t *testing.T) {
	origin := snapshot.Target{Kubernetes: snapshot.Kubernetes{ClaimedPodUID: "a pod"}, Resource: snapshot.Resource{Dropped: 3}}
	set := targetResource(report.Target{Origin: origin}, machine{}).Set()
	if got, _ := set.Value("otwatch.claimed.k8s.pod.uid"); got.AsString() != "a pod" || set.HasValue(semconv.K8SPodUIDKey) {
		t.Errorf("claimed is %q", got.AsString())
	}
	if got, _ := set.Value(droppedAttributes); got.AsInt64() != 3 {
		t.Errorf("%d attributes are said to be left out", got.AsInt64())
	}
}

// TestResourceByEnvironment is what the SDK would make of it, so that it stays the
// same once it is read.
func TestResourceByEnvironment(t *testing.T) {
	origin := snapshot.Target{SDKVersion: "v1.47.0", Resource: snapshot.Resource{
		Attributes: []snapshot.Attribute{{Key: "team", Type: snapshot.String, Values: []string{"a"}}}}}
	set := targetResource(report.Target{ServiceName: "orders", Origin: origin}, machine{}).Set()
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
	all := len(resourceMetrics(r, form{Format{Version: "v"}, machine{name: "h"}}).ScopeMetrics[0].Metrics)
	r.Target.SelfObserved = true
	sdks := 0
	for _, m := range metrics {
		if strings.HasPrefix(m.Name(), "otel.sdk.") && m.Data(r) != nil {
			sdks++
		}
	}
	left := resourceMetrics(r, form{Format{Version: "v"}, machine{name: "h"}}).ScopeMetrics[0].Metrics
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
	reported := func(read bool, seconds float64) report.Report {
		return report.Report{Target: report.Target{Origin: snapshot.Target{ResourceRead: read}}, Window: report.Window{Seconds: seconds}}
	}
	reports := []report.Report{reported(true, 0.1), reported(false, 0.1), reported(false, 3)}
	if got := Identified(reports); len(got) != 2 || got[0].Window.Seconds != 0.1 || got[1].Window.Seconds != 3 {
		t.Errorf("%+v, want the first and the last", got)
	}
}
