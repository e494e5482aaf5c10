package view

import "github.com/otwatch/otwatch/internal/report"

// Pod is a pod as shop/checkout-7d4b9c6f5d-x2x9z, "" if its name is not known.
func Pod(namespace, name string) string {
	if namespace == "" || name == "" {
		return name
	}
	return namespace + "/" + name
}

// podOf is the pod in which a target runs.
func podOf(t report.Target) string {
	if t.Kubernetes == nil {
		return ""
	}
	return Pod(t.Kubernetes.Namespace, t.Kubernetes.Pod)
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
