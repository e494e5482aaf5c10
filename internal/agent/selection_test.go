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
		{"its name", Selection{Names: []string{"checkout"}}, true},
		{"a glob", Selection{Names: []string{"pay*", "check*"}}, true},
		{"another's name", Selection{Names: []string{"payments"}}, false},
		{"all of a name", Selection{All: true, Names: []string{"payments"}}, false},
		{"all but it", Selection{All: true, Excludes: []string{"check*"}}, false},
		{"all but another", Selection{All: true, Excludes: []string{"payments"}}, true},
		{"excluded goes before named", Selection{Names: []string{"checkout"}, Excludes: []string{"*"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.selection.wants(os.Getpid(), "/usr/bin/checkout", nowhere); got != test.want {
				t.Errorf("selected: %v, want %v", got, test.want)
			}
		})
	}
}

// nowhere is where a process runs that is in no pod.
func nowhere() snapshot.Kubernetes { return snapshot.Kubernetes{} }

func TestSelectionByPod(t *testing.T) {
	inPod := func() snapshot.Kubernetes {
		return snapshot.Kubernetes{PodName: "checkout-7d4b9c6f5d-x2x9z", Namespace: "shop"}
	}
	for _, test := range []struct {
		name      string
		selection Selection
		where     func() snapshot.Kubernetes
		want      bool
	}{
		{"its pod", Selection{Pods: []string{"checkout-*"}}, inPod, true},
		{"another pod", Selection{Pods: []string{"payment-*"}}, inPod, false},
		{"its namespace", Selection{Namespaces: []string{"web", "shop"}}, inPod, true},
		{"its pod in another namespace", Selection{Pods: []string{"checkout-*"}, Namespaces: []string{"web"}}, inPod, false},
		{"any pod", Selection{Pods: []string{"*"}}, inPod, true},
		{"no pod", Selection{Pods: []string{"*"}}, nowhere, false},
		{"no namespace", Selection{Namespaces: []string{"*"}}, nowhere, false},
		{"all in a namespace", Selection{All: true, Namespaces: []string{"web"}}, inPod, false},
		{"its pod, but another name", Selection{Names: []string{"payment"}, Pods: []string{"*"}}, inPod, false},
		{"its pod, excluded by name", Selection{Pods: []string{"*"}, Excludes: []string{"checkout"}}, inPod, false},
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
		if got := (Selection{Cgroups: []string{test.glob}}).inCgroup(procfs.Cgroup{Path: test.cgroup}); got != test.want {
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
		if got := (Selection{Cgroups: []string{test.glob}}).inCgroup(test.cgroup); got != test.want {
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
		if got := (Selection{Names: []string{filepath.Base(exe)}, Cgroups: []string{glob}}).wants(os.Getpid(), exe, nowhere); got != want {
			t.Errorf("in %s: %v, want %v", glob, got, want)
		}
	}
}

func TestSelectionCheck(t *testing.T) {
	for flag, s := range map[string]Selection{
		"--name": {Names: []string{"[a"}}, "--cgroup": {Cgroups: []string{"/a/[b"}}, "--pod": {Pods: []string{"[a"}},
		"--namespace": {Namespaces: []string{"a["}}, "--exclude": {Excludes: []string{"a["}},
	} {
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if err := (Selection{Names: []string{"a*"}}).Check(); err != nil {
		t.Error(err)
	}
}
