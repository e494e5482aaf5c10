package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testruntime"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestPodsByName selects one of two programs by its pod, which a container runtime names, and
// shows the names in every form.
func TestPodsByName(t *testing.T) {
	testtarget.NeedRoot(t)
	const uid, pod = "1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00", "checkout-7d4b9c6f5d-x2x9z"
	id := strings.Repeat("7a", 32)
	socket := "unix://" + testruntime.Serve(t, testruntime.Container{
		ID: id, Name: "server", Pod: pod, Namespace: "shop", PodUID: uid, PodLabels: map[string]string{"pod-template-hash": "7d4b9c6f5d"},
	})
	receiver := testtarget.Receive(t, testtarget.Accept)
	program := testtarget.Start(t, "-endpoint", receiver, "-rate", "100", "-spans", "1000000")
	testtarget.Start(t, "-endpoint", receiver) // on the host
	join(t, program, "kubepods.slice/kubepods-pod"+strings.ReplaceAll(uid, "-", "_")+".slice/cri-containerd-"+id+".scope")

	c := attached(t, "--pod", "checkout-*", "--namespace", "shop", "--runtime-endpoint", socket, "--duration", "1s", "--output", "json")
	program.Begin()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	if len(d.Targets) != 1 || d.Targets[0].Target.PID != program.PID() {
		t.Fatalf("watched %+v, want the program in the pod, pid %d", d.Targets, program.PID())
	}
	k := d.Targets[0].Target.Kubernetes
	if k == nil || k.Pod != pod || k.Namespace != "shop" || k.Container != "server" || k.PodUID != uid || k.OwnerKind != "deployment" || k.Owner != "checkout" {
		t.Errorf("it runs in %+v", k)
	}

	list := start(t, "list", "--runtime-endpoint", socket, "--output", "json")
	if code := list.wait(); code != exitDone {
		t.Fatalf("list: exit code %d: %s", code, list.stderr)
	}
	var listed struct {
		Processes []struct {
			PID                       int
			Namespace, Pod, Container string
		}
	}
	if err := json.Unmarshal([]byte(list.stdout.String()), &listed); err != nil {
		t.Fatal(err)
	}
	for _, p := range listed.Processes {
		if want := p.PID == program.PID(); want != (p.Pod == pod && p.Namespace == "shop" && p.Container == "server") {
			t.Errorf("list has %+v", p)
		}
	}
	table := start(t, "list", "--runtime-endpoint", socket)
	if code := table.wait(); code != exitDone || !strings.Contains(table.stdout.String(), "shop/"+pod) {
		t.Errorf("list: exit code %d:\n%s%s", code, table.stdout, table.stderr)
	}

	file := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := os.WriteFile(file, []byte("targets:\n- pod-label: {pod-template-hash: 7d4b*}\n  ignore: [hot-path]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	labelled := attached(t, "--config", file, "--runtime-endpoint", socket, "--duration", "1s", "--output", "json")
	if code := labelled.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, labelled.stderr)
	}
	d = decodeHost(t, labelled.stdout.String())
	if len(d.Targets) != 1 || d.Targets[0].Target.PID != program.PID() || !strings.Contains(d.Targets[0].Why("findings.hot-path"), "it is ignored, as configured") {
		t.Errorf("by a label, watched %+v, want pid %d", d.Targets, program.PID())
	}

	none := start(t, "attach", "--pod", "payment-*", "--runtime-endpoint", socket, "--duration", "1s")
	if code := none.wait(); code != exitTarget || !strings.Contains(none.stderr.String(), "in the pod payment-*") {
		t.Errorf("another pod: exit code %d: %s", code, none.stderr)
	}
}

// join moves a program into a new cgroup, of either version, until the test ends.
func join(t *testing.T, program *testtarget.Target, cgroup string) {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &fs); err != nil {
		t.Fatal(err)
	}
	root := "/sys/fs/cgroup"
	if fs.Type != unix.CGROUP2_SUPER_MAGIC {
		root += "/systemd"
	}
	directory := filepath.Join(root, cgroup)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte(program.PIDString()), 0); err != nil {
			t.Error(err)
		}
		for at := directory; at != root; at = filepath.Dir(at) {
			if err := os.Remove(at); err != nil {
				t.Error(err)
			}
		}
	})
	if err := os.WriteFile(filepath.Join(directory, "cgroup.procs"), []byte(program.PIDString()), 0); err != nil {
		t.Fatal(err)
	}
}
