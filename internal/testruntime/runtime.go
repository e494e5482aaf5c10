// Package testruntime is a container runtime for tests.
package testruntime

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Container is a container in a pod.
type Container struct {
	ID, Name               string
	Pod, Namespace, PodUID string
	PodLabels              map[string]string
}

// Serve serves the Container Runtime Interface, as containerd does for a node with these
// containers, until the test ends. It returns the path of its socket.
func Serve(t testing.TB, containers ...Container) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "cri.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	cri.RegisterRuntimeServiceServer(server, &runtime{containers: containers})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return socket
}

type runtime struct {
	cri.UnimplementedRuntimeServiceServer
	containers []Container
}

// sandbox is the id of a pod's sandbox.
func (c Container) sandbox() string { return "sandbox of " + c.PodUID }

func (r *runtime) ListPodSandbox(context.Context, *cri.ListPodSandboxRequest) (*cri.ListPodSandboxResponse, error) {
	var answer cri.ListPodSandboxResponse
	for _, c := range r.containers {
		labels := map[string]string{"io.kubernetes.pod.name": c.Pod, "io.kubernetes.pod.namespace": c.Namespace, "io.kubernetes.pod.uid": c.PodUID}
		for key, value := range c.PodLabels {
			labels[key] = value
		}
		answer.Items = append(answer.Items, &cri.PodSandbox{
			Id: c.sandbox(), Metadata: &cri.PodSandboxMetadata{Name: c.Pod, Uid: c.PodUID, Namespace: c.Namespace}, Labels: labels,
		})
	}
	return &answer, nil
}

func (r *runtime) ListContainers(context.Context, *cri.ListContainersRequest) (*cri.ListContainersResponse, error) {
	var answer cri.ListContainersResponse
	for _, c := range r.containers {
		answer.Containers = append(answer.Containers, &cri.Container{
			Id: c.ID, PodSandboxId: c.sandbox(), Metadata: &cri.ContainerMetadata{Name: c.Name},
			Labels: map[string]string{
				"io.kubernetes.container.name": c.Name, "io.kubernetes.pod.name": c.Pod,
				"io.kubernetes.pod.namespace": c.Namespace, "io.kubernetes.pod.uid": c.PodUID,
			},
		})
	}
	return &answer, nil
}
