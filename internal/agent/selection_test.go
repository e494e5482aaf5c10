package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestSelectionByName(t *testing.T) {
	for _, test := range []struct {
		name      string
		selection Selection
		want      bool // /usr/bin/checkout
	}{
		{"nothing", Selection{}, false},
		{"a pid does not select by name", Selection{PIDs: []int{os.Getpid()}}, false},
		{"all", Selection{All: true}, true},
		{"its name", Selection{Selector: Selector{Names: []string{"checkout"}}}, true},
		{"a glob", Selection{Selector: Selector{Names: []string{"pay*", "check*"}}}, true},
		{"another's name", Selection{Selector: Selector{Names: []string{"payments"}}}, false},
		{"all of a name", Selection{Selector: Selector{Names: []string{"payments"}}, All: true}, false},
		{"all but it", Selection{All: true, Excludes: []string{"check*"}}, false},
		{"all but another", Selection{All: true, Excludes: []string{"payments"}}, true},
		{"excluded goes before named", Selection{Selector: Selector{Names: []string{"checkout"}}, Excludes: []string{"*"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.selection.wants(os.Getpid(), "/usr/bin/checkout", nowhere); got != test.want {
				t.Errorf("selected: %v, want %v", got, test.want)
			}
		})
	}
}

// nowhere is where a process runs that is in no pod.
func nowhere() snapshot.Target { return snapshot.Target{} }

func TestSelectionByPod(t *testing.T) {
	inPod := func() snapshot.Target {
		return snapshot.Target{Kubernetes: snapshot.Kubernetes{PodName: "checkout-7d4b9c6f5d-x2x9z", Namespace: "shop"}}
	}
	for _, test := range []struct {
		name      string
		selection Selection
		where     func() snapshot.Target
		want      bool
	}{
		{"its pod", Selection{Selector: Selector{Pods: []string{"checkout-*"}}}, inPod, true},
		{"another pod", Selection{Selector: Selector{Pods: []string{"payment-*"}}}, inPod, false},
		{"its namespace", Selection{Selector: Selector{Namespaces: []string{"web", "shop"}}}, inPod, true},
		{"its pod in another namespace", Selection{Selector: Selector{Pods: []string{"checkout-*"}, Namespaces: []string{"web"}}}, inPod, false},
		{"any pod", Selection{Selector: Selector{Pods: []string{"*"}}}, inPod, true},
		{"no pod", Selection{Selector: Selector{Pods: []string{"*"}}}, nowhere, false},
		{"no namespace", Selection{Selector: Selector{Namespaces: []string{"*"}}}, nowhere, false},
		{"all in a namespace", Selection{Selector: Selector{Namespaces: []string{"web"}}, All: true}, inPod, false},
		{"its pod, but another name", Selection{Selector: Selector{Names: []string{"payment"}, Pods: []string{"*"}}}, inPod, false},
		{"its pod, excluded by name", Selection{Selector: Selector{Pods: []string{"*"}}, Excludes: []string{"checkout"}}, inPod, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.selection.wants(os.Getpid(), "/usr/bin/checkout", test.where); got != test.want {
				t.Errorf("selected: %v, want %v", got, test.want)
			}
		})
	}
}

func TestSelectionByCgroup(t *testing.T) {
	const pod = "/kubepods.slice/kubepods-pod1c5a.slice/cri-containerd-77ab.scope"
	for _, test := range []struct {
		glob   string
		cgroup string
		want   bool
	}{
		{pod, pod, true},
		{pod + "/", pod, true},
		{"/sys/fs/cgroup" + pod, pod, true},
		{"/kubepods.slice", pod, true},
		{"/kubepods.slice/*", pod, true},
		{"/kubepods", pod, false},
		{"cri-containerd-*", pod, true},
		{"cri-containerd-*", pod + "/init.scope", true},
		{"kubepods.slice", pod, true},
		{"kubepods.slice/*", pod, false},
		{"docker-*", pod, false},
		{"/", pod, true},
		{"/", "/", true},
		{"checkout.service", "/system.slice/checkout.service", true},
		{"checkout", "/system.slice/checkout.service", false},
	} {
		if got := (Selector{Cgroups: []string{test.glob}}).inCgroup(procfs.Cgroup{Path: test.cgroup}); got != test.want {
			t.Errorf("%s in %s: %v, want %v", test.cgroup, test.glob, got, test.want)
		}
	}
}

// TestSelectionByCgroupV1 accepts the directory of a cgroup in any hierarchy.
func TestSelectionByCgroupV1(t *testing.T) {
	const container = "/docker/77ab"
	memory := procfs.Cgroup{HierarchyID: 4, Controllers: []string{"memory"}, Path: container}
	processor := procfs.Cgroup{HierarchyID: 3, Controllers: []string{"cpu", "cpuacct"}, Path: container}
	systemd := procfs.Cgroup{HierarchyID: 1, Controllers: []string{"name=systemd"}, Path: container}
	for _, test := range []struct {
		glob   string
		cgroup procfs.Cgroup
		want   bool
	}{
		{container, memory, true},
		{"77*", systemd, true},
		{"/sys/fs/cgroup/memory" + container, memory, true},
		{"/sys/fs/cgroup/memory/docker", memory, true},
		{"/sys/fs/cgroup/memory" + container, systemd, false},
		{"/sys/fs/cgroup/cpu,cpuacct" + container, processor, true},
		{"/sys/fs/cgroup/systemd" + container, systemd, true},
	} {
		if got := (Selector{Cgroups: []string{test.glob}}).inCgroup(test.cgroup); got != test.want {
			t.Errorf("%+v in %s: %v, want %v", test.cgroup, test.glob, got, test.want)
		}
	}
}

// TestSelectionOfOneself reads the cgroup of a real process.
func TestSelectionOfOneself(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for glob, want := range map[string]bool{"/": true, "/no/such/group": false} {
		if got := (Selection{Selector: Selector{Names: []string{filepath.Base(exe)}, Cgroups: []string{glob}}}).wants(os.Getpid(), exe, nowhere); got != want {
			t.Errorf("in %s: %v, want %v", glob, got, want)
		}
	}
}

// TestSelectionByTargets selects what the flags or an entry describe.
func TestSelectionByTargets(t *testing.T) {
	checkout := snapshot.Target{
		PID: os.Getpid(), Exe: "/usr/bin/server", ServiceName: "checkout", Cgroup: "/kubepods.slice/cri-containerd-77ab.scope",
		Kubernetes: snapshot.Kubernetes{PodName: "checkout-0", Namespace: "shop"}, PodLabels: []string{"app.kubernetes.io/name=checkout", "tier=web"},
	}
	for _, test := range []struct {
		name      string
		selection Selection
		want      bool
	}{
		{"its name", Selection{Targets: []Selector{{Names: []string{"serv*"}}}}, true},
		{"its service", Selection{Targets: []Selector{{Services: []string{"check*"}}}}, true},
		{"another service", Selection{Targets: []Selector{{Services: []string{"payment"}}}}, false},
		{"its cgroup", Selection{Targets: []Selector{{Cgroups: []string{"cri-containerd-*"}}}}, true},
		{"another cgroup", Selection{Targets: []Selector{{Cgroups: []string{"docker-*"}}}}, false},
		{"its labels", Selection{Targets: []Selector{{PodLabels: []string{"app.kubernetes.io/name=check*", "tier=web"}}}}, true},
		{"one of its labels", Selection{Targets: []Selector{{PodLabels: []string{"app.kubernetes.io/name=check*", "tier=db"}}}}, false},
		{"all properties of one", Selection{Targets: []Selector{{Services: []string{"checkout"}, Pods: []string{"checkout-*"}, Namespaces: []string{"shop"}}}}, true},
		{"not all properties of one", Selection{Targets: []Selector{{Services: []string{"checkout"}, Namespaces: []string{"web"}}}}, false},
		{"the second", Selection{Targets: []Selector{{Names: []string{"payment"}}, {Pods: []string{"*"}}}}, true},
		{"by flags, not by an entry", Selection{Selector: Selector{Names: []string{"server"}}, Targets: []Selector{{Names: []string{"payment"}}}}, true},
		{"by an entry, not by flags", Selection{Selector: Selector{Names: []string{"payment"}}, Targets: []Selector{{Names: []string{"server"}}}}, true},
		{"by neither", Selection{Selector: Selector{Names: []string{"payment"}}, Targets: []Selector{{Names: []string{"cart"}}}}, false},
		{"by all", Selection{All: true, Targets: []Selector{{Names: []string{"cart"}}}}, true},
		{"excluded", Selection{Targets: []Selector{{Names: []string{"server"}}}, Excludes: []string{"server"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.selection.wants(checkout.PID, checkout.Exe, func() snapshot.Target { return checkout }); got != test.want {
				t.Errorf("selected: %v, want %v", got, test.want)
			}
			for _, entry := range test.selection.Targets {
				if len(test.selection.Targets) == 1 && test.selection.Selector.Empty() && !test.selection.All && len(test.selection.Excludes) == 0 && entry.Matches(checkout) != test.want {
					t.Errorf("the entry matches the target: %v, want %v", !test.want, test.want)
				}
			}
		})
	}
}

func TestSelectionCheck(t *testing.T) {
	for flag, s := range map[string]Selection{
		"--name": {Selector: Selector{Names: []string{"[a"}}}, "--cgroup": {Selector: Selector{Cgroups: []string{"/a/[b"}}}, "--pod": {Selector: Selector{Pods: []string{"[a"}}},
		"--namespace": {Selector: Selector{Namespaces: []string{"a["}}}, "--exclude": {Excludes: []string{"a["}},
	} {
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if err := (Selection{Selector: Selector{Names: []string{"a*"}}}).Check(); err != nil {
		t.Error(err)
	}
}
