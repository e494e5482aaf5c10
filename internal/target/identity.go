package target

import (
	"cmp"
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/containers"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Identity is what identifies a process, according to /proc. Of its environment only the
// variables that name a service or a place are kept.
type Identity struct {
	ServiceName string // see serviceName
	ContainerID string // 64 hexadecimal digits, "" outside containers
	// ContainerName is what Docker or Podman call the container; see Name.
	ContainerName string
	Started       time.Duration // since boot, in whole ticks
	Cgroup        string        // path of its cgroup; of v1, in systemd's hierarchy
	Kubernetes    snapshot.Kubernetes
	PodLabels     []string // NAME=VALUE; only container runtimes know them
	// Resource has the attributes of OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
	Resource snapshot.Resource
	// SelfObserved is true if the environment enables the SDK's own metrics.
	SelfObserved bool
}

// Identify identifies a process that is not to be examined further. Errors are like Open's.
func Identify(pid int) (Identity, error) {
	exe, err := Executable(pid)
	if err != nil {
		return Identity{}, explain(err, pid)
	}
	proc, owner, err := leader(pid)
	if err != nil {
		return Identity{}, err
	}
	environ, err := untrusted.Get(&untrusted.Calls{Limit: callLimit, Owner: owner}, proc.Environ, nil)
	if err != nil {
		return Identity{}, explain(err, pid)
	}
	stat, err := proc.Stat()
	if err != nil {
		return Identity{}, explain(err, pid)
	}
	cgroups, err := proc.Cgroups()
	if err != nil {
		return Identity{}, explain(err, pid)
	}
	i := identity(environ, cgroups, exe, stat.PPID == 1)
	i.Started = sinceBoot(stat.Starttime)
	return i, nil
}

// sinceBoot is a start time in ticks as a time.
func sinceBoot(ticks uint64) time.Duration { return time.Duration(ticks) * snapshot.Tick }

// Name adds what the container of the process and its pod are called, which may wait for
// container runtimes. What the runtimes say replaces what the environment says.
func (i *Identity) Name(ctx context.Context, directory *containers.Directory) {
	names, found := directory.Lookup(ctx, i.ContainerID, i.Kubernetes.PodUID, i.Started)
	switch {
	case !found:
	case names.Pod.Name == "":
		i.ContainerName = names.Container
	default:
		k := &i.Kubernetes
		k.Observed = true
		k.PodUID = cmp.Or(k.PodUID, names.Pod.UID)
		k.PodName, k.Namespace, k.Container = names.Pod.Name, names.Pod.Namespace, cmp.Or(names.Container, k.Container)
		i.PodLabels = names.Pod.Labels
		k.OwnerKind, k.Owner = string(names.Pod.Owner.Kind), names.Pod.Owner.Name
	}
}

// identity identifies a process. fromInit is true if process 1 started it, as systemd
// starts the main process of a service.
func identity(environ []string, cgroups []procfs.Cgroup, exe string, fromInit bool) Identity {
	path := cgroupPath(cgroups)
	unit := ""
	if fromInit {
		unit = systemdService(path)
	}
	return Identity{
		ServiceName: serviceName(environ, unit, exe),
		ContainerID: containerID(cgroups),
		Cgroup:      path,
		Kubernetes:  kubernetes(environ, cgroups),
		Resource:    snapshot.NewResource(environAttributes(environ)),
		SelfObserved: isTrue(getenv(environ, "OTEL_GO_X_OBSERVABILITY")) ||
			isTrue(getenv(environ, "OTEL_GO_X_SELF_OBSERVABILITY")),
	}
}

// isTrue interprets a switch as sdk/trace/internal/x/x.go does.
func isTrue(value string) bool { return strings.EqualFold(value, "true") }

// serviceName returns the name that the SDK has for the service in a process with this
// environment. Where the SDK says "unknown_service:…", it is the name of the systemd unit
// or the base name of the executable. A name that is set in code is only known from the
// process's memory.
func serviceName(environ []string, unit, exe string) string {
	for _, attribute := range environAttributes(environ) {
		if attribute.Key == serviceNameKey {
			return untrusted.Text(attribute.Values[0], untrusted.MaxName)
		}
	}
	return untrusted.Text(cmp.Or(unit, filepath.Base(exe)), untrusted.MaxName)
}

// serviceNameKey is service.name of the semantic conventions.
const serviceNameKey = "service.name"

// environAttributes returns the attributes that an SDK takes from its
// environment, as in
//
//	OTEL_SERVICE_NAME=checkout
//	OTEL_RESOURCE_ATTRIBUTES=deployment.environment=prod,service.name=check%20out
//
// of which the first wins. Source: opentelemetry-go sdk/resource/env.go.
func environAttributes(environ []string) []snapshot.Attribute {
	values := map[string]string{}
	for pair := range strings.SplitSeq(getenv(environ, "OTEL_RESOURCE_ATTRIBUTES"), ",") {
		key, value, found := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !found || key == "" {
			continue
		}
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		values[key] = value // the SDK keeps the last of several
	}
	if name := strings.TrimSpace(getenv(environ, "OTEL_SERVICE_NAME")); name != "" {
		values[serviceNameKey] = name
	}
	if values[serviceNameKey] == "" {
		delete(values, serviceNameKey)
	}
	var attributes []snapshot.Attribute
	for key, value := range values {
		attributes = append(attributes, snapshot.Attribute{Key: key, Type: snapshot.String, Values: []string{value}})
	}
	slices.SortFunc(attributes, func(a, b snapshot.Attribute) int { return cmp.Compare(a.Key, b.Key) })
	return attributes
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
