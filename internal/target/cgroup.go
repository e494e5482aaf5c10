package target

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// cgroupPath is the path of a process's cgroup. Version 2 has one; of version 1,
// systemd's hierarchy has the most telling path. Users name their own cgroups.
//
//	0::/system.slice/checkout.service
//	1:name=systemd:/system.slice/checkout.service
func cgroupPath(cgroups []procfs.Cgroup) string {
	path := ""
	for _, cgroup := range cgroups {
		for _, controller := range cgroup.Controllers {
			if controller == "name=systemd" {
				return untrusted.Text(cgroup.Path, untrusted.MaxText)
			}
		}
		if cgroup.HierarchyID == 0 {
			path = cgroup.Path
		}
	}
	return untrusted.Text(path, untrusted.MaxText)
}

// systemdService is the name of the service whose systemd unit a cgroup is, "" for any
// other cgroup: checkout for /system.slice/checkout.service, and for an instance,
// /system.slice/system-checkout.slice/checkout@eu.service. Source: systemd.unit(5);
// "\x2d" is a dash.
func systemdService(cgroup string) string {
	unit := cgroup[strings.LastIndexByte(cgroup, '/')+1:]
	name, isService := strings.CutSuffix(unit, ".service")
	if !isService || strings.Contains(cgroup, "kubepods") {
		return ""
	}
	name, _, _ = strings.Cut(name, "@")
	if plain, err := strconv.Unquote(`"` + name + `"`); err == nil {
		return plain
	}
	return name
}

// containerElement is the element of a cgroup path that names a container.
// The monitors of podman and cri-o ("crio-conmon-…") are outside of it.
//
//	/docker/<id>                                                      docker, cgroup v1
//	/system.slice/docker-<id>.scope                                   docker, v2
//	/kubepods/burstable/pod1c5a…/<id>                                 containerd, cgroupfs driver
//	/kubepods.slice/kubepods-pod1c5a….slice/cri-containerd-<id>.scope  containerd, systemd driver
//	/system.slice/containerd.service/kubepods-pod1c5a….slice:cri-containerd:<id>
//	/kubepods.slice/kubepods-pod1c5a….slice/crio-<id>.scope           cri-o
//	/machine.slice/libpod-<id>.scope/container                        podman
var containerElement = regexp.MustCompile(`^(?:.*[-:])?([0-9a-f]{64})(?:\.scope)?$`)

// containerID returns the 64 hexadecimal digits of the innermost container, "" for a
// process in no container.
func containerID(cgroups []procfs.Cgroup) string {
	for _, cgroup := range cgroups {
		elements := strings.Split(cgroup.Path, "/")
		for i := len(elements) - 1; i >= 0; i-- {
			found := containerElement.FindStringSubmatch(elements[i])
			if found != nil && !strings.Contains(elements[i], "conmon") {
				return found[1]
			}
		}
	}
	return ""
}

// podElement is the part of a cgroup path that names a pod: with dashes under the
// cgroupfs driver, with underscores under systemd's.
//
//	/kubepods/burstable/pod1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00/<id>
//	/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1c5a7b2e_5f0e_4b60_9d3c_6c2b4b2f6f00.slice/…
var podElement = regexp.MustCompile(`[/-]pod([0-9a-f]{8}([-_])[0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})(?:\.slice)?(?:[/:]|$)`)

// kubernetesVariables are environment variables from which processes in pods know where
// they run. Kubernetes does not prescribe names: these are the names in its
// documentation, and those that the OpenTelemetry Operator sets. The first one that is
// set counts.
var kubernetesVariables = []struct {
	names []string
	field func(*snapshot.Kubernetes) *string
}{
	{[]string{"OTEL_RESOURCE_ATTRIBUTES_POD_UID", "POD_UID", "K8S_POD_UID"}, func(k *snapshot.Kubernetes) *string { return &k.ClaimedPodUID }},
	{[]string{"OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "POD_NAME", "K8S_POD_NAME", "MY_POD_NAME"}, func(k *snapshot.Kubernetes) *string { return &k.PodName }},
	{[]string{"POD_NAMESPACE", "K8S_NAMESPACE", "K8S_POD_NAMESPACE", "MY_POD_NAMESPACE"}, func(k *snapshot.Kubernetes) *string { return &k.Namespace }},
	{[]string{"OTEL_RESOURCE_ATTRIBUTES_NODE_NAME", "NODE_NAME", "K8S_NODE_NAME", "MY_NODE_NAME"}, func(k *snapshot.Kubernetes) *string { return &k.Node }},
	{[]string{"CONTAINER_NAME", "K8S_CONTAINER_NAME", "MY_CONTAINER_NAME"}, func(k *snapshot.Kubernetes) *string { return &k.Container }},
}

// kubernetes is where in a cluster a process runs: the pod's uid from its cgroup, the
// rest from its environment. It is empty outside a pod.
func kubernetes(environ []string, cgroups []procfs.Cgroup) snapshot.Kubernetes {
	var k snapshot.Kubernetes
	for _, cgroup := range cgroups {
		if found := podElement.FindStringSubmatch(cgroup.Path); found != nil {
			k.PodUID = strings.ReplaceAll(found[1], "_", "-")
		}
	}
	if k.PodUID == "" && getenv(environ, "KUBERNETES_SERVICE_HOST") == "" {
		return snapshot.Kubernetes{}
	}
	for _, row := range kubernetesVariables {
		for _, name := range row.names {
			if field := row.field(&k); *field == "" {
				*field = untrusted.Text(getenv(environ, name), untrusted.MaxName)
			}
		}
	}
	return k
}
