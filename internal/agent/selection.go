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

// Selection is which processes to watch: those of PIDs, and those with the SDK that match
// one of Names, one of Cgroups, one of Pods and one of Namespaces, where any are given, and
// none of Excludes.
type Selection struct {
	PIDs       []int
	All        bool     // every process with the SDK, even if there is none yet
	Names      []string // globs of executables' base names
	Cgroups    []string // paths or globs of cgroups, each with all cgroups below it
	Pods       []string // globs of the names of pods
	Namespaces []string // globs of the namespaces of pods
	Excludes   []string // globs of executables' base names
}

// Follows reports whether processes that start later may be selected.
func (s Selection) Follows() bool {
	return s.All || len(s.Names) > 0 || len(s.Cgroups) > 0 || s.byPod()
}

// byPod reports whether the selection depends on the pods that processes run in.
func (s Selection) byPod() bool { return len(s.Pods) > 0 || len(s.Namespaces) > 0 }

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
// the path of its executable. pod finds out where in a cluster the process runs, and is only
// called if the selection depends on that.
func (s Selection) wants(pid int, exe string, pod func() snapshot.Kubernetes) bool {
	name := filepath.Base(exe)
	switch {
	case !s.Follows(), anyMatches(s.Excludes, name):
		return false
	case len(s.Names) > 0 && !anyMatches(s.Names, name):
		return false
	case len(s.Cgroups) > 0 && !s.inCgroupOf(pid):
		return false
	case !s.byPod():
		return true
	}
	in := pod()
	return in.PodName != "" &&
		(len(s.Pods) == 0 || anyMatches(s.Pods, in.PodName)) &&
		(len(s.Namespaces) == 0 || anyMatches(s.Namespaces, in.Namespace))
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

func anyMatches(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, _ := path.Match(glob, name)
		return ok
	})
}

// inCgroup reports whether a cgroup, or one above it, is selected: by its whole path, as in
// /proc or in the file system, or by its name if the glob has no slash.
//
//	/kubepods.slice/kubepods-burstable.slice/kubepods-pod1c5a.slice/cri-containerd-77ab.scope
func (s Selection) inCgroup(cgroup procfs.Cgroup) bool {
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
