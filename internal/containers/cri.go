package containers

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// maxAnswer bounds what a runtime may answer, in bytes. A node with the 110 pods that
// Kubernetes recommends at most answers with some 200 kB.
const maxAnswer = 16 << 20

// kubernetesRuntime is a runtime that runs pods, such as containerd and CRI-O. It serves the
// Container Runtime Interface on a socket.
type kubernetesRuntime struct {
	socket string
}

func (r kubernetesRuntime) String() string { return r.socket }

// list asks for the sandboxes, which have the labels of the pods, and the containers in them.
func (r kubernetesRuntime) list(ctx context.Context) (map[string]Names, error) {
	if err := checkSocket(r.socket); err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient("unix://"+r.socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	client := cri.NewRuntimeServiceClient(connection)
	sandboxes, err := client.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return nil, answered(err)
	}
	pods := make(map[string]Pod, len(sandboxes.Items))
	for _, s := range sandboxes.Items {
		m := s.GetMetadata()
		pods[s.Id] = Pod{UID: m.GetUid(), Name: m.GetName(), Namespace: m.GetNamespace(), Owner: ownerOf(m.GetName(), s.Labels), Labels: list(s.Labels)}
	}
	running, err := client.ListContainers(ctx, &cri.ListContainersRequest{})
	if err != nil {
		return nil, answered(err)
	}
	named := make(map[string]Names, len(running.Containers))
	for _, c := range running.Containers {
		pod, found := pods[c.PodSandboxId]
		if !found { // it started between the two answers
			pod = Pod{UID: c.Labels[podUIDLabel], Name: c.Labels[podNameLabel], Namespace: c.Labels[podNamespaceLabel]}
		}
		named[c.Id] = Names{Container: c.GetMetadata().GetName(), Pod: pod}
	}
	return named, nil
}

// answered is the error of a call, without gRPC's words around it. A runtime that does not
// know the interface, as Docker's containerd, is none that runs pods.
func answered(err error) error {
	switch s := status.Convert(err); s.Code() {
	case codes.Unimplemented:
		return errAbsent
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	default:
		return errors.New(strings.TrimPrefix(s.Message(), "connection error: desc = "))
	}
}
