package target

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
)

// maxCgroups bounds how many nested cgroups are looked at.
const maxCgroups = 32

// cgroupDir is a cgroup's directory, below the root of the file system.
type cgroupDir struct {
	path string
	v1   bool
}

// cgroupDirs are the directories of a process's cgroups that a controller may be in, and of
// the cgroups above them, innermost first. Cgroups outside otwatch's own view of the
// hierarchy are left out.
func cgroupDirs(cgroups []procfs.Cgroup, controller string) (dirs []cgroupDir) {
	for _, cgroup := range cgroups {
		v1, mount := cgroup.HierarchyID != 0, "sys/fs/cgroup"
		if v1 {
			mount = "sys/fs/cgroup/" + controller
		}
		if v1 && !slices.Contains(cgroup.Controllers, controller) || strings.Contains(cgroup.Path, "/..") {
			continue
		}
		for dir := cgroup.Path; len(dirs) < maxCgroups; dir = path.Dir(dir) {
			dirs = append(dirs, cgroupDir{path.Join(mount, dir), v1})
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return dirs
}

// either is the name of a file in version 2 or in version 1.
func (d cgroupDir) either(v2, v1 string) string {
	if d.v1 {
		return v1
	}
	return v2
}

// read returns the content of one of the cgroup's files, "" if it cannot be read.
func (d cgroupDir) read(root fs.FS, file string) string {
	content, _ := fs.ReadFile(root, path.Join(d.path, file))
	return string(content)
}
