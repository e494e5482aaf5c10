package target

import (
	"testing"
	"testing/fstest"

	"github.com/prometheus/procfs"
)

func TestUsableMemory(t *testing.T) {
	root := fstest.MapFS{}
	for name, content := range map[string]string{
		"proc/meminfo":                                           "MemTotal:       24689096 kB\nMemFree:         1000000 kB\n",
		"sys/fs/cgroup/shop.slice/memory.max":                    "4294967296\n",
		"sys/fs/cgroup/shop.slice/cart.service/memory.max":       "max\n",
		"sys/fs/cgroup/free.slice/memory.max":                    "max\n",
		"sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes":   "1073741824\n",
		"sys/fs/cgroup/memory/docker/memory.limit_in_bytes":      "9223372036854771712\n",
		"sys/fs/cgroup/memory/huge/memory.limit_in_bytes":        "9223372036854771712\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":             "9223372036854771712\n",
		"sys/fs/cgroup/memory/cpu-is-not-memory/memory.limit_in": "1\n",
	} {
		root[name] = &fstest.MapFile{Data: []byte(content)}
	}
	const machine = 24689096 << 10
	v2 := func(path string) []procfs.Cgroup { return []procfs.Cgroup{{Path: path}} }
	v1 := func(path string) []procfs.Cgroup {
		return []procfs.Cgroup{{HierarchyID: 5, Controllers: []string{"cpu"}, Path: "/docker/1f"}, {HierarchyID: 4, Controllers: []string{"memory"}, Path: path}}
	}
	for _, test := range []struct {
		name    string
		environ string
		cgroups []procfs.Cgroup
		want    uint64
	}{
		{"nothing said", "", v2("/"), machine},
		{"no limit", "", v2("/free.slice"), machine},
		{"of the cgroup around it", "", v2("/shop.slice/cart.service"), 4 << 30},
		{"cgroup v1", "", v1("/docker/1f"), 1 << 30},
		{"cgroup v1 without a limit", "", v1("/huge"), machine},
		{"seen from another namespace", "", v2("/../../shop.slice"), machine},
		{"told to Go", "GOMEMLIMIT=512MiB", v2("/shop.slice"), 512 << 20},
		{"more told to Go", "GOMEMLIMIT=8GiB", v2("/shop.slice"), 4 << 30},
		{"in bytes", "GOMEMLIMIT=1000000", v2("/"), 1000000},
		{"in bytes, with the unit", "GOMEMLIMIT=1000000B", v2("/"), 1000000},
		{"switched off", "GOMEMLIMIT=off", v2("/"), machine},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := usableMemory(root, []string{test.environ}, test.cgroups); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
	if got := usableMemory(fstest.MapFS{}, nil, v2("/")); got != 0 {
		t.Errorf("got %d where nothing can be read", got)
	}
}
