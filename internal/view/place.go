package view

import "github.com/otwatch/otwatch/internal/report"

// podOf is the pod in which a target runs, as shop/checkout-7d4b9c6f5d-x2x9z, "" if that is not
// known.
func podOf(t report.Target) string {
	k := t.Kubernetes
	switch {
	case k == nil || k.Pod == "":
		return ""
	case k.Namespace == "":
		return k.Pod
	}
	return k.Namespace + "/" + k.Pod
}

// placeOf says in which pod and container a target runs, "" on the host.
func placeOf(t report.Target) string {
	pod := podOf(t)
	switch {
	case pod != "" && t.Kubernetes.Container != "":
		return "pod " + pod + ", container " + t.Kubernetes.Container
	case pod != "":
		return "pod " + pod
	case t.ContainerName != nil:
		return "container " + *t.ContainerName
	case t.ContainerID != nil:
		return "container " + cut(*t.ContainerID, 13)
	}
	return ""
}
