package containers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/otwatch/otwatch/internal/testruntime"
)

const (
	pod = "checkout-7d4b9c6f5d-x2x9z"
	uid = "1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00"
)

var (
	id      = strings.Repeat("7a", 32)
	unknown = strings.Repeat("00", 32)
)

// directoryOf is a Directory with sources, and what it logs.
func directoryOf(sources ...source) (*Directory, *strings.Builder) {
	var log strings.Builder
	return &Directory{
		sources: sources, pods: logDirectories{"/nonexistent"}, answers: map[string]map[string]Names{}, blocked: map[string]time.Time{},
		log: slog.New(slog.NewTextHandler(&log, nil)),
	}, &log
}

func TestPodOfARuntime(t *testing.T) {
	socket := testruntime.Serve(t, testruntime.Container{
		ID: id, Name: "server", Pod: pod, Namespace: "shop", PodUID: uid, PodLabels: map[string]string{"pod-template-hash": "7d4b9c6f5d"},
	})
	d, log := directoryOf(kubernetesRuntime{socket})
	got, found := d.Lookup(t.Context(), id, uid, 0)
	want := Names{Container: "server", Pod: Pod{UID: uid, Name: pod, Namespace: "shop", Owner: Owner{Deployment, "checkout"}, Labels: []string{
		"io.kubernetes.pod.name=" + pod, "io.kubernetes.pod.namespace=shop", "io.kubernetes.pod.uid=" + uid, "pod-template-hash=7d4b9c6f5d",
	}}}
	if diff := cmp.Diff(want, got); !found || diff != "" {
		t.Error(diff)
	}
	if names, found := d.Lookup(t.Context(), unknown, "", sinceBoot()); found || log.Len() > 0 {
		t.Errorf("an unknown container is %+v; log %q", names, log)
	}
}

// serveEngine answers as Docker does, until the test ends.
func serveEngine(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return socket
}

func TestContainerOfDocker(t *testing.T) {
	inPod := strings.Repeat("7b", 32)
	socket := serveEngine(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/containers/json" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode([]map[string]any{
			{"Id": id, "Names": []string{"/shop-checkout-1"}, "Labels": map[string]string{}},
			{"Id": inPod, "Names": []string{"/k8s_server"}, "Labels": map[string]string{
				podNameLabel: pod, podNamespaceLabel: "shop", podUIDLabel: uid, containerNameLabel: "server",
			}},
		})
	})
	d, _ := directoryOf(engine{socket})
	for container, want := range map[string]Names{
		id:    {Container: "shop-checkout-1"},
		inPod: {Container: "server", Pod: Pod{UID: uid, Name: pod, Namespace: "shop"}},
	} {
		got, found := d.Lookup(t.Context(), container, "", 0)
		if diff := cmp.Diff(want, got); !found || diff != "" {
			t.Error(diff)
		}
	}
}

// TestPodOfLogs names pods after the files of the kubelet, without a runtime.
func TestPodOfLogs(t *testing.T) {
	logs, pods := t.TempDir(), t.TempDir()
	if err := os.Symlink("/nowhere", filepath.Join(logs, pod+"_shop_server-"+id+".log")); err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{"shop_" + pod + "_" + uid + "/server", "shop_cart-0_" + strings.Repeat("1", 32) + "/init", "shop_cart-0_" + strings.Repeat("1", 32) + "/cart"} {
		if err := os.MkdirAll(filepath.Join(pods, directory), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d, log := directoryOf(kubernetesRuntime{"/nonexistent/cri.sock"}, logFiles{logs})
	d.pods = logDirectories{pods}
	for _, test := range []struct {
		name, id, uid string
		want          Names
	}{
		{"by the container", id, "", Names{Container: "server", Pod: Pod{Name: pod, Namespace: "shop"}}},
		{"by the pod", unknown, uid, Names{Container: "server", Pod: Pod{UID: uid, Name: pod, Namespace: "shop"}}},
		{"by a pod with several containers", unknown, strings.Repeat("1", 32), Names{Pod: Pod{UID: strings.Repeat("1", 32), Name: "cart-0", Namespace: "shop"}}},
	} {
		got, found := d.Lookup(t.Context(), test.id, test.uid, 0)
		if diff := cmp.Diff(test.want, got); !found || diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	if log.Len() > 0 {
		t.Errorf("a runtime that is not there is worth no word, but it says %q", log)
	}
}

// TestBadRuntimes falls back to the log files and says why, once.
func TestBadRuntimes(t *testing.T) {
	listen := func(answer func(net.Conn)) string {
		socket := filepath.Join(t.TempDir(), "bad.sock")
		listener, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				t.Cleanup(func() { _ = c.Close() })
				go answer(c)
			}
		}()
		return socket
	}
	silent := listen(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	nonsense := listen(func(c net.Conn) { _, _ = c.Write([]byte(strings.Repeat("nonsense\x1b[2J", 10_000))); _ = c.Close() })
	file := filepath.Join(t.TempDir(), "file.sock")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	noRuntime := filepath.Join(t.TempDir(), "no.sock")
	listener, err := net.Listen("unix", noRuntime)
	if err != nil {
		t.Fatal(err)
	}
	other := grpc.NewServer()
	go func() { _ = other.Serve(listener) }()
	t.Cleanup(other.Stop)
	forbidden := serveEngine(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	page := serveEngine(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	logs := t.TempDir()
	if err := os.WriteFile(filepath.Join(logs, pod+"_shop_server-"+id+".log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		bad  source
		says string // "" for nothing
	}{
		{"a runtime that hangs", kubernetesRuntime{silent}, "no answer within 2s"},
		{"an engine that hangs", engine{silent}, "no answer within 2s"},
		{"a runtime of nonsense", kubernetesRuntime{nonsense}, "preface"},
		{"an engine of nonsense", engine{nonsense}, "malformed HTTP"},
		{"a runtime that is a file", kubernetesRuntime{file}, "is not a socket"},
		{"an engine that is a file", engine{file}, "is not a socket"},
		{"containerd without Kubernetes", kubernetesRuntime{noRuntime}, ""},
		{"an engine that refuses", engine{forbidden}, "it answers 403 Forbidden"},
		{"an engine of pages", engine{page}, "its answer is not a list of containers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, log := directoryOf(test.bad, logFiles{logs})
			if names, found := d.Lookup(t.Context(), id, "", 0); !found || names.Pod.Name != pod {
				t.Errorf("the log files are not read: %+v", names)
			}
			d.Lookup(t.Context(), unknown, "", sinceBoot())
			if lines := strings.Count(log.String(), "\n"); test.says == "" && lines > 0 || test.says != "" && lines != 1 || !strings.Contains(log.String(), test.says) {
				t.Errorf("it says %q, want one line with %q", log, test.says)
			}
			if strings.ContainsAny(log.String(), "\x1b") {
				t.Errorf("raw: %q", log)
			}
		})
	}
}

// changing is a source whose answer the test sets.
type changing struct {
	answer map[string]Names
	err    error
	asked  int
}

func (c *changing) String() string { return "changing" }

func (c *changing) list(context.Context) (map[string]Names, error) {
	c.asked++
	return c.answer, c.err
}

// TestOlderContainers asks once, however many containers have no name: those that are older
// than the list would be on it.
func TestOlderContainers(t *testing.T) {
	runtime := &changing{answer: map[string]Names{id: {Container: "first"}}}
	d, _ := directoryOf(runtime)
	d.pause = time.Hour
	before := sinceBoot()
	for range 3 {
		if _, found := d.Lookup(t.Context(), unknown, "", before); found {
			t.Error("a container without a name is found")
		}
	}
	if runtime.asked != 1 {
		t.Errorf("the runtime was asked %d times", runtime.asked)
	}
}

// TestLaterContainers finds a container that started after the last list, and keeps the names
// of others when the runtime does not answer.
func TestLaterContainers(t *testing.T) {
	runtime := &changing{answer: map[string]Names{id: {Container: "first"}}}
	d, _ := directoryOf(runtime)
	if _, found := d.Lookup(t.Context(), id, "", 0); !found {
		t.Fatal("the first is not found")
	}
	runtime.answer = map[string]Names{id: {Container: "first"}, unknown: {Container: "second"}}
	if names, found := d.Lookup(t.Context(), unknown, "", sinceBoot()); !found || names.Container != "second" {
		t.Errorf("the second is %+v", names)
	}
	runtime.answer, runtime.err = nil, errors.New("away")
	if _, found := d.Lookup(t.Context(), strings.Repeat("11", 32), "", sinceBoot()); found {
		t.Error("a container that does not exist is found")
	}
	if names, found := d.Lookup(t.Context(), id, "", 0); !found || names.Container != "first" {
		t.Errorf("the first is %+v, after the runtime did not answer", names)
	}
}

// TestHostileNames makes names fit to be shown.
func TestHostileNames(t *testing.T) {
	const hostile = "a\x1b[31m\nb\u202e"
	socket := testruntime.Serve(t, testruntime.Container{
		ID: id, Name: hostile, Pod: hostile, Namespace: strings.Repeat("x", 1<<20), PodUID: uid, PodLabels: map[string]string{"job-name": hostile},
	})
	d, _ := directoryOf(kubernetesRuntime{socket})
	names, found := d.Lookup(t.Context(), id, "", 0)
	if !found {
		t.Fatal("not found")
	}
	for _, text := range []string{names.Container, names.Pod.Name, names.Pod.Namespace, names.Pod.Owner.Name} {
		if text == "" || strings.ContainsAny(text, "\x1b\n\u202e") || len(text) > 255 {
			t.Errorf("%q", text)
		}
	}
}

// TestRequiredRuntime says that the runtime which the user asked for is not there.
func TestRequiredRuntime(t *testing.T) {
	for _, required := range []bool{false, true} {
		absent := kubernetesRuntime{"/nonexistent/cri.sock"}
		d, log := directoryOf(absent)
		if required {
			d.required = absent
		}
		d.Lookup(t.Context(), id, "", 0)
		if said := strings.Contains(log.String(), "no such file"); said != required {
			t.Errorf("required: %v, but it says %q", required, log)
		}
	}
}

func TestRuntimeEndpoint(t *testing.T) {
	for endpoint, good := range map[string]bool{
		"": true, "/run/crio/crio.sock": true, "unix:///run/crio/crio.sock": true, "tcp://127.0.0.1:1": false, "crio.sock": false,
	} {
		if _, err := New(endpoint, slog.New(slog.DiscardHandler)); (err == nil) != good {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

func TestOwner(t *testing.T) {
	for _, test := range []struct {
		pod    string
		labels map[string]string
		want   Owner
	}{
		{pod, map[string]string{templateHashLabel: "7d4b9c6f5d"}, Owner{Deployment, "checkout"}},
		{"web-api-7d4b9c6f5d-x2x9z", map[string]string{templateHashLabel: "7d4b9c6f5d"}, Owner{Deployment, "web-api"}},
		{"renamed", map[string]string{templateHashLabel: "7d4b9c6f5d"}, Owner{}},
		{"cart-12", map[string]string{revisionLabel: "cart-5c8f", statefulPodLabel: "cart-12"}, Owner{StatefulSet, "cart"}},
		{"fluent-bit-x2x9z", map[string]string{revisionLabel: "5c8f", generationLabel: "3"}, Owner{DaemonSet, "fluent-bit"}},
		{"of-another-x2x9z", map[string]string{revisionLabel: "5c8f"}, Owner{}},
		{"backup-28931-x2x9z", map[string]string{jobNameLabel: "backup-28931"}, Owner{Job, "backup-28931"}},
		{"backup-old-x2x9z", map[string]string{oldJobNameLabel: "backup-old"}, Owner{Job, "backup-old"}},
		{"bare", nil, Owner{}},
	} {
		if got := ownerOf(test.pod, test.labels); got != test.want {
			t.Errorf("%s with %v: %+v, want %+v", test.pod, test.labels, got, test.want)
		}
	}
}
