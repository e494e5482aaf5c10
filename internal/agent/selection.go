package agent

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Selector describes processes by what is known of them. A process matches if, for each kind
// of property that has globs, one of these matches.
type Selector struct {
	Names      []string // of executables, without directories
	Cgroups    []string // paths, or names without a slash, each with all cgroups below it
	Services   []string // values of service.name
	Pods       []string // names of pods
	Namespaces []string // namespaces of pods
	PodLabels  []string // NAME=GLOB, which must all match
}

// Empty reports whether a Selector has no property, and so would match everything.
func (s Selector) Empty() bool { return len(s.Names) == 0 && !s.beyondNames() }

// beyondNames reports whether more than the executable's name must be known.
func (s Selector) beyondNames() bool { return len(s.Cgroups) > 0 || len(s.Services) > 0 || s.byPod() }

// byPod reports whether the pod must be known.
func (s Selector) byPod() bool {
	return len(s.Pods) > 0 || len(s.Namespaces) > 0 || len(s.PodLabels) > 0
}

// Matches reports whether a target is one of the processes.
func (s Selector) Matches(t snapshot.Target) bool {
	return s.matches(t.Exe, func() snapshot.Target { return t })
}

// matches is Matches for the path of an executable. about says what else is known of the
// process, and is only called if that matters.
func (s Selector) matches(exe string, about func() snapshot.Target) bool {
	if !allows(s.Names, filepath.Base(exe)) {
		return false
	}
	if !s.beyondNames() {
		return true
	}
	t := about()
	return s.inCgroup(procfs.Cgroup{Path: t.Cgroup}) && allows(s.Services, t.ServiceName) && s.inPod(t)
}

// inPod reports whether a process is in a pod that matches.
func (s Selector) inPod(t snapshot.Target) bool {
	if !s.byPod() {
		return true
	}
	in := t.Kubernetes
	return in.PodName != "" && allows(s.Pods, in.PodName) && allows(s.Namespaces, in.Namespace) &&
		!slices.ContainsFunc(s.PodLabels, func(label string) bool { return !anyMatches([]string{label}, t.PodLabels...) })
}

// Selection is which processes to watch: those of PIDs, and those with the SDK that match the
// Selector or one of Targets, and none of Excludes.
type Selection struct {
	PIDs []int
	All  bool // every process with the SDK, unless the Selector has properties; even if there is none yet
	Selector
	Targets  []Selector
	Excludes []string // globs of executables' base names
	Begun    bool     // those that Begin is called with
}

// Follows reports whether processes that start later may be selected.
func (s Selection) Follows() bool { return s.All || !s.Selector.Empty() || len(s.Targets) > 0 }

// waits reports whether there need not be a process yet.
func (s Selection) waits() bool { return s.All || len(s.Targets) > 0 }

// beyondNames reports whether the selection depends on more than executables' names.
func (s Selection) beyondNames() bool {
	return s.byPod() || slices.ContainsFunc(s.Targets, Selector.beyondNames)
}

// grows reports whether more processes may have to be watched later.
func (s Selection) grows() bool { return s.Follows() || s.Begun }

// podsMatter reports whether the selection depends on the pods that processes run in.
func (s Selection) podsMatter() bool {
	return s.byPod() || slices.ContainsFunc(s.Targets, Selector.byPod)
}

// Several reports whether more than one process may be selected.
func (s Selection) Several() bool { return s.Follows() || len(s.PIDs) > 1 }

// Check returns an error for a malformed glob.
func (s Selection) Check() error {
	for flag, globs := range map[string][]string{
		"--name": s.Names, "--cgroup": s.Cgroups, "--pod": s.Pods, "--namespace": s.Namespaces, "--exclude": s.Excludes,
	} {
		for _, glob := range globs {
			if _, err := path.Match(glob, ""); err != nil {
				return fmt.Errorf("%s %q: %w", flag, glob, err)
			}
		}
	}
	return nil
}

// String describes the selection, for a person.
func (s Selection) String() string {
	var parts []string
	for what, globs := range map[string][]string{
		"called": s.Names, "in the cgroup": s.Cgroups, "in the pod": s.Pods, "in the namespace": s.Namespaces, "not called": s.Excludes,
	} {
		if len(globs) > 0 {
			parts = append(parts, what+" "+strings.Join(globs, " or "))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " and ")
}

// wants reports whether a process with the SDK is selected by anything but its pid. exe is
// the path of its executable. about is as in Selector.matches.
func (s Selection) wants(pid int, exe string, about func() snapshot.Target) bool {
	if anyMatches(s.Excludes, filepath.Base(exe)) {
		return false
	}
	return s.wantsByFlags(pid, exe, about) ||
		slices.ContainsFunc(s.Targets, func(t Selector) bool { return t.matches(exe, about) })
}

// wantsByFlags is wants without Targets. Of cgroup version 1 it knows all hierarchies.
func (s Selection) wantsByFlags(pid int, exe string, about func() snapshot.Target) bool {
	if s.Selector.Empty() {
		return s.All
	}
	return allows(s.Names, filepath.Base(exe)) && (len(s.Cgroups) == 0 || s.inCgroupOf(pid)) && (!s.byPod() || s.inPod(about()))
}

// inCgroupOf reports whether a process is in a selected cgroup.
func (s Selection) inCgroupOf(pid int) bool {
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return false
	}
	cgroups, err := proc.Cgroups()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(cgroups, func(c procfs.Cgroup) bool { return s.inCgroup(c) })
}

// allows reports whether one of the globs matches a name, or there are none.
func allows(globs []string, name string) bool { return len(globs) == 0 || anyMatches(globs, name) }

// anyMatches reports whether one of the globs matches one of the names.
func anyMatches(globs []string, names ...string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			ok, _ := path.Match(glob, name)
			return ok
		})
	})
}

// inCgroup reports whether a cgroup, or one above it, matches, or none must: by its whole path, as in
// /proc or in the file system, or by its name if the glob has no slash.
//
//	/kubepods.slice/kubepods-burstable.slice/kubepods-pod1c5a.slice/cri-containerd-77ab.scope
func (s Selector) inCgroup(cgroup procfs.Cgroup) bool {
	if len(s.Cgroups) == 0 {
		return true
	}
	for at := path.Clean(cgroup.Path); ; at = path.Dir(at) {
		for _, glob := range s.Cgroups {
			glob = strings.TrimPrefix(glob, hierarchy(cgroup))
			if strings.Contains(glob, "/") && anyMatches([]string{path.Clean(glob)}, at) || anyMatches([]string{glob}, path.Base(at)) {
				return true
			}
		}
		if at == "/" || at == "." {
			return false
		}
	}
}

// hierarchy is where a cgroup's hierarchy is mounted. Version 1 has a hierarchy for each
// controller or group of controllers, and systemd's, which has a name.
//
//	/sys/fs/cgroup  /sys/fs/cgroup/cpu,cpuacct  /sys/fs/cgroup/systemd
func hierarchy(cgroup procfs.Cgroup) string {
	return path.Join("/sys/fs/cgroup", strings.TrimPrefix(strings.Join(cgroup.Controllers, ","), "name="))
}
