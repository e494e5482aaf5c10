package containers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Names is what one container is called; empty means unknown.
type Names struct {
	Container string // in its pod, or as Docker or Podman call it
	Pod       Pod
}

// Pod is a pod of Kubernetes. The zero value is none.
type Pod struct {
	UID, Name, Namespace string
	Owner                Owner
	Labels               []string // NAME=VALUE
}

// Owner is what made a pod. The zero value means unknown or none.
type Owner struct {
	Kind OwnerKind
	Name string
}

// OwnerKind is a kind of workload, as the semantic conventions write it.
type OwnerKind string

// The kinds that labels of their pods give away.
const (
	Deployment  OwnerKind = "deployment"
	StatefulSet OwnerKind = "statefulset"
	DaemonSet   OwnerKind = "daemonset"
	Job         OwnerKind = "job"
)

// Labels that the kubelet puts on containers and sandboxes.
// Source: kubernetes staging/src/k8s.io/kubelet/pkg/types/labels.go.
const (
	podNameLabel       = "io.kubernetes.pod.name"
	podNamespaceLabel  = "io.kubernetes.pod.namespace"
	podUIDLabel        = "io.kubernetes.pod.uid"
	containerNameLabel = "io.kubernetes.container.name"
)

// Labels that controllers put on their pods.
// Source: kubernetes pkg/apis/apps/types.go and staging/src/k8s.io/api/batch/v1/types.go.
const (
	templateHashLabel = "pod-template-hash"
	revisionLabel     = "controller-revision-hash"
	generationLabel   = "pod-template-generation"
	ordinalLabel      = "apps.kubernetes.io/pod-index"
	statefulPodLabel  = "statefulset.kubernetes.io/pod-name"
	jobNameLabel      = "batch.kubernetes.io/job-name"
	oldJobNameLabel   = "job-name"
)

// ownerOf is the workload that made a pod, according to the labels that its controller put on
// it. The name of the pod is the owner's with suffixes:
//
//	checkout-7d4b9c6f5d-x2x9z  of a deployment, where 7d4b9c6f5d is the label of the template
//	checkout-0                 of a stateful set, where 0 is the ordinal
//	checkout-x2x9z             of a daemon set
func ownerOf(pod string, labels map[string]string) Owner {
	if job := cmp.Or(labels[jobNameLabel], labels[oldJobNameLabel]); job != "" {
		return Owner{Job, job}
	}
	if hash := labels[templateHashLabel]; hash != "" {
		if name, _, found := strings.Cut(pod, "-"+hash+"-"); found {
			return Owner{Deployment, name}
		}
		return Owner{}
	}
	last := strings.LastIndexByte(pod, '-')
	switch {
	case last < 0 || labels[revisionLabel] == "":
		return Owner{}
	case labels[statefulPodLabel] != "" || labels[ordinalLabel] != "":
		return Owner{StatefulSet, pod[:last]}
	case labels[generationLabel] != "":
		return Owner{DaemonSet, pod[:last]}
	}
	return Owner{}
}

// list returns labels as NAME=VALUE, in order.
func list(labels map[string]string) (pairs []string) {
	for name, value := range labels {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	return pairs
}

// clean makes names from outside fit to be shown and sent.
func (n Names) clean() Names {
	for _, name := range []*string{&n.Container, &n.Pod.UID, &n.Pod.Name, &n.Pod.Namespace, &n.Pod.Owner.Name} {
		*name = untrusted.Text(*name, untrusted.MaxName)
	}
	return n
}
