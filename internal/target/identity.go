package target

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/prometheus/procfs"
)

// serviceName returns what the SDK in a process with this environment calls
// its service: OTEL_SERVICE_NAME, else service.name among
//
//	OTEL_RESOURCE_ATTRIBUTES=deployment.environment=prod,service.name=check%20out
//
// else, where the SDK says "unknown_service:…", the executable's base name.
// Source: opentelemetry-go sdk/resource/env.go. (Code in the process may set
// another; that is only known from its memory.)
func serviceName(environ []string, exe string) string {
	if name := strings.TrimSpace(getenv(environ, "OTEL_SERVICE_NAME")); name != "" {
		return name
	}
	name := ""
	for attribute := range strings.SplitSeq(getenv(environ, "OTEL_RESOURCE_ATTRIBUTES"), ",") {
		key, value, _ := strings.Cut(attribute, "=")
		if strings.TrimSpace(key) != "service.name" {
			continue
		}
		name = strings.TrimSpace(value) // of several, the SDK keeps the last
		if decoded, err := url.PathUnescape(name); err == nil {
			name = decoded
		}
	}
	if name != "" {
		return name
	}
	return filepath.Base(exe)
}

// getenv returns the first value of a variable, as os.Getenv does.
func getenv(environ []string, name string) string {
	for _, variable := range environ {
		if key, value, _ := strings.Cut(variable, "="); key == name {
			return value
		}
	}
	return ""
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

// containerID returns the 64 hexadecimal digits of the innermost container,
// or "" for a process in none.
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
