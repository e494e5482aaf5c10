//go:build container

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	oci "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
	core "k8s.io/api/core/v1"
)

// TestInAContainer runs otwatch as the DaemonSet does: alone in a read-only file system, with
// its arguments, capabilities and containerd's seccomp profile, among the processes of the
// node. It watches a program of the node and one in a container with an overlay file system.
func TestInAContainer(t *testing.T) {
	const pod, uid = "checkout-7d4b9c6f5d-x2x9z", "1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00"
	id := strings.Repeat("7a", 32)
	programs := t.TempDir()
	for _, program := range []string{"cmd/otwatch", "testdata/targets/reference"} {
		build := exec.Command("go", "build", "-o", programs+"/", "./"+program)
		build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	// The kubelet's names of the containers on this node.
	logs := t.TempDir()
	if err := os.WriteFile(filepath.Join(logs, pod+"_shop_server-"+id+".log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	onNode := exec.Command(programs+"/reference", "-rate", "500", "-spans", "1000000", "-endpoint", "localhost:1")
	onNode.Env = append(os.Environ(), "OTEL_SERVICE_NAME=on-the-node")
	start(t, onNode)
	lower, root := t.TempDir(), t.TempDir()
	install(t, lower, programs+"/reference")
	overlay(t, lower, root)
	inPod := bundle(t, root, []string{"/usr/bin/reference", "-rate", "500", "-spans", "1000000", "-endpoint", "localhost:1"})
	inPod.Process.Env = append(inPod.Process.Env, "OTEL_SERVICE_NAME=in-a-pod")
	inPod.Linux.CgroupsPath = "/kubepods/burstable/pod" + uid + "/" + id
	inPod.Linux.Namespaces = append(inPod.Linux.Namespaces, oci.LinuxNamespace{Type: oci.PIDNamespace})
	removeCgroups(t, "kubepods/burstable/pod"+uid)
	start(t, runc(t, id, inPod))

	root = t.TempDir()
	install(t, root, programs+"/otwatch")
	port := freePort(t)
	manifests, err := render(map[string]any{"port": port})
	if err != nil {
		t.Fatal(err)
	}
	spec := asOnNode(t, root, container(t, manifests), map[string]string{"logs": logs})
	var said strings.Builder
	watch := runc(t, "otwatch", spec)
	watch.Stderr = &said
	start(t, watch)

	deadline := time.Now().Add(60 * time.Second)
	for seen := 0; seen < 2; time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the programs are not watched in time:\n%s", said.String())
		}
		seen = 0
		for _, target := range targets(port) {
			counted := target.Spans.Ended.Value > 500 && target.Probe.Samples > 0
			switch k := target.Target.Kubernetes; {
			case !counted:
			case target.Target.ServiceName == "on-the-node" && k == nil:
				seen++
			case target.Target.ServiceName == "in-a-pod" && k != nil:
				if seen++; k.Pod != pod || k.Namespace != "shop" || k.Container != "server" || k.PodUID != uid {
					t.Fatalf("the pod is %+v", *k)
				}
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, _ := get(port, path); code != http.StatusOK {
			t.Errorf("%s answers %d", path, code)
		}
	}
	if _, metrics := get(port, "/metrics"); !strings.Contains(metrics, `k8s_node_name="this-node"`) || !strings.Contains(metrics, `host_name="this-node"`) {
		t.Error("the metrics do not name the node")
	}
}

// watched is what the report says of one process.
type watched struct {
	Target struct {
		ServiceName string `json:"service_name"`
		Kubernetes  *struct {
			Namespace, Pod, Container string
			PodUID                    string `json:"pod_uid"`
		}
	}
	Spans struct {
		Ended struct{ Value float64 }
	}
	Probe struct{ Samples int }
}

func targets(port int) []watched {
	var report struct{ Targets []watched }
	if _, body := get(port, "/api/v1/report"); json.Unmarshal([]byte(body), &report) != nil {
		return nil
	}
	return report.Targets
}

// get answers 0 if nothing answers.
func get(port int, path string) (code int, body string) {
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(content)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// install makes a root file system with one program, as the image has it.
func install(t *testing.T, root, program string) {
	t.Helper()
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{"usr/bin", "proc", "dev", "sys", "var/log/containers", "var/log/pods"} {
		if err := os.MkdirAll(filepath.Join(root, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "usr/bin", filepath.Base(program)), content, 0o755); err != nil {
		t.Fatal(err)
	}
}

// overlay mounts an overlay file system until the test ends.
func overlay(t *testing.T, lower, at string) {
	t.Helper()
	upper, work := t.TempDir(), t.TempDir()
	if err := unix.Mount("overlay", at, "overlay", 0, "lowerdir="+lower+",upperdir="+upper+",workdir="+work); err != nil {
		t.Fatalf("mount an overlay file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	})
}

// bundle is a container without privileges.
func bundle(t *testing.T, root string, args []string) *oci.Spec {
	t.Helper()
	return &oci.Spec{
		Version:  oci.Version,
		Hostname: "container",
		Root:     &oci.Root{Path: root},
		Process: &oci.Process{
			Args: args, Env: []string{"PATH=/usr/bin"}, Cwd: "/", NoNewPrivileges: true, Capabilities: &oci.LinuxCapabilities{},
		},
		Mounts: []oci.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		},
		Linux: &oci.Linux{
			Namespaces: []oci.LinuxNamespace{{Type: oci.MountNamespace}, {Type: oci.IPCNamespace}, {Type: oci.UTSNamespace}},
			MaskedPaths: []string{
				"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
				"/proc/sched_debug", "/proc/scsi", "/sys/firmware",
			},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}

// asOnNode is a container of the DaemonSet, as containerd would run it on a node, but in the
// network of this machine. volumes are the directories of the node.
func asOnNode(t *testing.T, root string, c core.Container, volumes map[string]string) *oci.Spec {
	t.Helper()
	variables := strings.NewReplacer("$(K8S_NODE_NAME)", "this-node", "$(HOST_IP)", "127.0.0.1")
	args := []string{"/usr/bin/otwatch"}
	for _, arg := range c.Args {
		args = append(args, variables.Replace(arg))
	}
	spec := bundle(t, root, args)
	spec.Root.Readonly = *c.SecurityContext.ReadOnlyRootFilesystem
	spec.Process.NoNewPrivileges = !*c.SecurityContext.AllowPrivilegeEscalation
	var may []string
	for _, capability := range c.SecurityContext.Capabilities.Add {
		may = append(may, "CAP_"+string(capability))
	}
	spec.Process.Capabilities = &oci.LinuxCapabilities{Bounding: may, Effective: may, Permitted: may}
	if kind := c.SecurityContext.SeccompProfile.Type; kind != core.SeccompProfileTypeRuntimeDefault {
		t.Fatalf("the seccomp profile is %s", kind)
	}
	spec.Linux.Seccomp = seccomp.DefaultProfile(spec)
	for _, mount := range c.VolumeMounts {
		if source := volumes[mount.Name]; source != "" {
			spec.Mounts = append(spec.Mounts, oci.Mount{Destination: mount.MountPath, Type: "bind", Source: source, Options: []string{"rbind", "ro"}})
		}
	}
	return spec
}

// runc is the command that runs a container, which is deleted when the test ends.
func runc(t *testing.T, id string, spec *oci.Spec) *exec.Cmd {
	t.Helper()
	directory, state := t.TempDir(), t.TempDir()
	config, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("runc", "--root", state, "delete", "--force", id).CombinedOutput(); err != nil {
			t.Errorf("delete the container %s: %v\n%s", id, err, out)
		}
	})
	return exec.Command("runc", "--root", state, "run", "--bundle", directory, id)
}

// removeCgroups removes what runc leaves of a cgroup's path, in all hierarchies, when the test
// ends.
func removeCgroups(t *testing.T, path string) {
	t.Helper()
	t.Cleanup(func() {
		for _, root := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
			for at := path; at != "."; at = filepath.Dir(at) {
				left, err := filepath.Glob(root + at)
				if err != nil {
					t.Fatal(err)
				}
				for _, directory := range left {
					_ = os.Remove(directory) // others may use it
				}
			}
		}
	})
}

// start starts a command that is ended with the test, and has a program of testdata/targets
// begin its load.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, "\n"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}
