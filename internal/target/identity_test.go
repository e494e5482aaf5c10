package target

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
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
		{"the main process of a unit", environ, true, Identity{ServiceName: "checkout", Attributes: attributes}},
		{"a child of it", environ, false, Identity{ServiceName: "app", Attributes: attributes}},
		{"one with a name", []string{"OTEL_SERVICE_NAME=shop"}, true, Identity{ServiceName: "shop",
			Attributes: []snapshot.Attribute{{Key: "service.name", Type: snapshot.String, Values: []string{"shop"}}}}},
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

func FuzzServiceName(f *testing.F) {
	f.Add("OTEL_SERVICE_NAME=a\x00OTEL_RESOURCE_ATTRIBUTES=service.name=%41,b", "/srv/app")
	f.Fuzz(func(t *testing.T, environ, exe string) {
		if serviceName(strings.Split(environ, "\x00"), "", exe) == "" {
			t.Error("a service has no name")
		}
	})
}

func FuzzContainerID(f *testing.F) {
	f.Add("/system.slice/docker-" + strings.Repeat("a", 64) + ".scope")
	f.Fuzz(func(t *testing.T, path string) {
		if id := containerID([]procfs.Cgroup{{Path: path}}); id != "" && (len(id) != 64 || !strings.Contains(path, id)) {
			t.Errorf("container %q of %q", id, path)
		}
	})
}
