package target

import (
	"strings"
	"testing"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestCgroupPath(t *testing.T) {
	v1 := []procfs.Cgroup{
		{HierarchyID: 4, Controllers: []string{"cpu", "cpuacct"}, Path: "/cpu"},
		{HierarchyID: 1, Controllers: []string{"name=systemd"}, Path: "/system.slice/checkout.service"},
		{HierarchyID: 0, Path: "/hybrid"},
	}
	for name, test := range map[string]struct {
		cgroups []procfs.Cgroup
		want    string
	}{
		"none":               {nil, ""},
		"v2":                 {[]procfs.Cgroup{{Path: "/a"}}, "/a"},
		"v1":                 {v1, "/system.slice/checkout.service"},
		"v1 without systemd": {v1[:1], ""},
	} {
		if got := cgroupPath(test.cgroups); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSystemdService(t *testing.T) {
	for cgroup, want := range map[string]string{
		"": "", "/": "", "/user.slice/user-1000.slice/session-1.scope": "",
		"/system.slice/checkout.service":                                     "checkout",
		"/system.slice/system-checkout.slice/checkout@eu.service":            "checkout",
		`/system.slice/check\x2dout.service`:                                 "check-out",
		`/system.slice/odd\q.service`:                                        `odd\q`,
		"/user.slice/user-0.slice/user@0.service/app.slice/checkout.service": "checkout",
		"/system.slice/checkout.service/payload":                             "",
		"/kubepods.slice/kubelet.service":                                    "",
	} {
		if got := systemdService(cgroup); got != want {
			t.Errorf("%s: %q, want %q", cgroup, got, want)
		}
	}
}

func TestKubernetes(t *testing.T) {
	const uid = "1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00"
	id := strings.Repeat("a", 64)
	cluster := "KUBERNETES_SERVICE_HOST=10.0.0.1"
	for _, test := range []struct {
		name, cgroup string
		environ      []string
		want         snapshot.Kubernetes
	}{
		{"no pod", "/system.slice/x.service", []string{"POD_NAME=leftover"}, snapshot.Kubernetes{}},
		{"cgroupfs driver", "/kubepods/burstable/pod" + uid + "/" + id, nil, snapshot.Kubernetes{PodUID: uid}},
		{"systemd driver", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + strings.ReplaceAll(uid, "-", "_") +
			".slice/cri-containerd-" + id + ".scope", nil, snapshot.Kubernetes{PodUID: uid}},
		{"containerd colons", "/system.slice/containerd.service/kubepods-pod" + strings.ReplaceAll(uid, "-", "_") + ".slice:cri-containerd:" + id,
			nil, snapshot.Kubernetes{PodUID: uid}},
		{"another cgroup namespace", "/", []string{cluster, "POD_NAME=checkout-1", "POD_NAMESPACE=shop", "NODE_NAME=n1", "CONTAINER_NAME=app"},
			snapshot.Kubernetes{PodName: "checkout-1", Namespace: "shop", Node: "n1", Container: "app"}},
		{"the operator's variables win", "/", []string{cluster, "POD_NAME=a", "OTEL_RESOURCE_ATTRIBUTES_POD_NAME=b"}, snapshot.Kubernetes{PodName: "b"}},
		{"the cgroup knows better", "/kubepods/pod" + uid + "/" + id, []string{"POD_UID=other"}, snapshot.Kubernetes{PodUID: uid, ClaimedPodUID: "other"}},
		{"something like a pod", "/podcast/pod-" + uid, nil, snapshot.Kubernetes{}},
	} {
		if got := kubernetes(test.environ, []procfs.Cgroup{{Path: test.cgroup}}); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func FuzzCgroup(f *testing.F) {
	f.Add("/system.slice/check\\x2dout@eu.service")
	f.Add("/kubepods/pod1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00/" + strings.Repeat("a", 64))
	f.Fuzz(func(t *testing.T, path string) {
		defer fuzzlimit.Watch(t)()
		name := systemdService(path)
		if strings.Contains(path, ".service") != true && name != "" {
			t.Errorf("%q names the service %q", path, name)
		}
		uid := kubernetes(nil, []procfs.Cgroup{{Path: path}}).PodUID
		if uid != "" && len(uid) != 36 {
			t.Errorf("%q names the pod %q", path, uid)
		}
	})
}
