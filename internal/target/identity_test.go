package target

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

func TestServiceName(t *testing.T) {
	const attributes = "OTEL_RESOURCE_ATTRIBUTES="
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"nothing set", []string{"PATH=/bin", "malformed"}, "app"},
		{"service name", []string{"OTEL_SERVICE_NAME= checkout ", attributes + "service.name=other"}, "checkout"},
		{"empty service name", []string{"OTEL_SERVICE_NAME=", attributes + "service.name=other"}, "other"},
		{"resource attributes", []string{attributes + "a=b, service.name = check%20out%2C1 ,c"}, "check out,1"},
		{"bad escape", []string{attributes + "service.name=50%"}, "50%"},
		{"the last of two", []string{attributes + "service.name=first,service.name=last"}, "last"},
		{"the first variable", []string{"OTEL_SERVICE_NAME=first", "OTEL_SERVICE_NAME=second"}, "first"},
		{"similar names", []string{"XOTEL_SERVICE_NAME=x", attributes + "service.namespace=y"}, "app"},
	}
	for _, test := range tests {
		if got := serviceName(test.environ, "", "/srv/app"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestContainerID(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	other := strings.Repeat("f", 64)
	tests := []struct{ name, path, want string }{
		{"host", "/user.slice/user-1000.slice/session-1.scope", ""},
		{"root", "/", ""},
		{"docker v1", "/docker/" + id, id},
		{"docker v2", "/system.slice/docker-" + id + ".scope", id},
		{"containerd cgroupfs", "/kubepods/burstable/pod1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00/" + id, id},
		{"containerd systemd", "/kubepods.slice/kubepods-pod1c5a.slice/cri-containerd-" + id + ".scope", id},
		{"containerd colons", "/system.slice/containerd.service/kubepods-pod1c5a.slice:cri-containerd:" + id, id},
		{"cri-o", "/kubepods.slice/kubepods-pod1c5a.slice/crio-" + id + ".scope", id},
		{"cri-o monitor", "/kubepods.slice/kubepods-pod1c5a.slice/crio-conmon-" + id + ".scope", ""},
		{"podman", "/machine.slice/libpod-" + id + ".scope/container", id},
		{"another cgroup namespace", "/../" + id, id},
		{"nested", "/docker/" + other + "/docker/" + id, id},
		{"too long", "/docker/" + id + "0", ""},
		{"upper case", "/docker/" + strings.ToUpper(id), ""},
	}
	for _, test := range tests {
		cgroups := []procfs.Cgroup{{HierarchyID: 1, Path: "/"}, {Path: test.path}}
		if got := containerID(cgroups); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	unit := []procfs.Cgroup{{Path: "/system.slice/checkout.service"}}
	environ := []string{"OTEL_RESOURCE_ATTRIBUTES=service.version=2,team=a%20b,=x,y", "AUTHORIZATION_HEADERS=secret"}
	attributes := []snapshot.Attribute{
		{Key: "service.version", Type: snapshot.String, Values: []string{"2"}},
		{Key: "team", Type: snapshot.String, Values: []string{"a b"}},
	}
	for _, test := range []struct {
		name     string
		environ  []string
		fromInit bool
		want     Identity
	}{
		{"the main process of a unit", environ, true, Identity{ServiceName: "checkout", Resource: snapshot.Resource{Attributes: attributes}}},
		{"a child of it", environ, false, Identity{ServiceName: "app", Resource: snapshot.Resource{Attributes: attributes}}},
		{"one with a name", []string{"OTEL_SERVICE_NAME=shop"}, true, Identity{ServiceName: "shop",
			Resource: snapshot.Resource{Attributes: []snapshot.Attribute{{Key: "service.name", Type: snapshot.String, Values: []string{"shop"}}}}}},
		{"one that is no text", []string{"OTEL_RESOURCE_ATTRIBUTES=a=%ff%fe,service.name=x%1b[2J"}, false, Identity{ServiceName: "x\ufffd[2J",
			Resource: snapshot.Resource{Attributes: []snapshot.Attribute{
				{Key: "a", Type: snapshot.String, Values: []string{"\ufffd\ufffd"}},
				{Key: "service.name", Type: snapshot.String, Values: []string{"x\ufffd[2J"}}}}}},
		{"metrics of its own", []string{"OTEL_GO_X_OBSERVABILITY=True"}, false, Identity{ServiceName: "app", SelfObserved: true}},
		{"metrics of its own in v1.38", []string{"OTEL_GO_X_SELF_OBSERVABILITY=true"}, false, Identity{ServiceName: "app", SelfObserved: true}},
		{"none of its own", []string{"OTEL_GO_X_OBSERVABILITY=1"}, false, Identity{ServiceName: "app"}},
	} {
		test.want.Cgroup = unit[0].Path
		if diff := cmp.Diff(test.want, identity(test.environ, unit, "/srv/app", test.fromInit)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestAnEnvironmentIsReadUpToItsLimits keeps what is small.
func TestAnEnvironmentIsReadUpToItsLimits(t *testing.T) {
	var pairs, names []string
	for i := range 12000 {
		pairs = append(pairs, fmt.Sprintf("key%05d=value", i))
		names = append(names, fmt.Sprintf("OTEL_X%05d=on", i))
	}
	pairs = append(pairs, "long="+strings.Repeat("x", 1<<17), "service.name=x")
	got := identity(append(names, "OTEL_RESOURCE_ATTRIBUTES="+strings.Join(pairs, ",")), nil, "/srv/app", false)
	if got.ServiceName != "x" || got.Resource.Get("service.name") != "x" || len(got.Resource.Attributes) != snapshot.MaxAttributes || got.Resource.Dropped != 12002-snapshot.MaxAttributes {
		t.Errorf("%q has %d attributes, %d are left out", got.ServiceName, len(got.Resource.Attributes), got.Resource.Dropped)
	}
	if n := len(configured(names)); n != maxConfigured {
		t.Errorf("%d variables are named", n)
	}
}

func FuzzServiceName(f *testing.F) {
	f.Add("OTEL_SERVICE_NAME=a\x00OTEL_RESOURCE_ATTRIBUTES=service.name=%41,b", "/srv/app")
	f.Fuzz(func(t *testing.T, environ, exe string) {
		defer fuzzlimit.Watch(t)()
		name := serviceName(strings.Split(environ, "\x00"), "", exe)
		if name == "" {
			t.Error("a service has no name")
		}
		if !utf8.ValidString(name) || len(name) > untrusted.MaxName || strings.ContainsFunc(name, unicode.IsControl) {
			t.Errorf("the name %q is no text", name)
		}
	})
}

func FuzzContainerID(f *testing.F) {
	f.Add("/system.slice/docker-" + strings.Repeat("a", 64) + ".scope")
	f.Fuzz(func(t *testing.T, path string) {
		defer fuzzlimit.Watch(t)()
		if id := containerID([]procfs.Cgroup{{Path: path}}); id != "" && (len(id) != 64 || !strings.Contains(path, id)) {
			t.Errorf("container %q of %q", id, path)
		}
	})
}
