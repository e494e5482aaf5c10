package target

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestCPUQuotas(t *testing.T) {
	root := fstest.MapFS{}
	for name, content := range map[string]string{
		"sys/fs/cgroup/shop.slice/cpu.max":                "250000 100000\n",
		"sys/fs/cgroup/shop.slice/cpu.stat":               "usage_usec 900\nnr_periods 50\nnr_throttled 5\nthrottled_usec 1500\n",
		"sys/fs/cgroup/shop.slice/cart.service/cpu.max":   "max 100000\n",
		"sys/fs/cgroup/shop.slice/pay.service/cpu.max":    "20000 100000\n",
		"sys/fs/cgroup/shop.slice/pay.service/cpu.stat":   "nr_periods 40\nnr_throttled 39\nthrottled_usec 7\n",
		"sys/fs/cgroup/odd.slice/cpu.max":                 "1000 0\n",
		"sys/fs/cgroup/gone.slice/cpu.max":                "1000 100000\n",
		"sys/fs/cgroup/cpu/cpu.cfs_quota_us":              "-1\n",
		"sys/fs/cgroup/cpu/cpu.cfs_period_us":             "100000\n",
		"sys/fs/cgroup/cpu/docker/1f/cpu.cfs_quota_us":    "10000\n",
		"sys/fs/cgroup/cpu/docker/1f/cpu.cfs_period_us":   "100000\n",
		"sys/fs/cgroup/cpu/docker/1f/cpu.stat":            "nr_periods 409\nnr_throttled 391\nthrottled_time 35201930144\n",
		"sys/fs/cgroup/memory/docker/1f/cpu.cfs_quota_us": "1\n",
	} {
		root[name] = &fstest.MapFile{Data: []byte(content)}
	}
	shop := snapshot.Quota{CPUs: 2.5, Periods: 50, Throttled: 5, Withheld: 1500 * time.Microsecond}
	v2 := func(path string) []procfs.Cgroup { return []procfs.Cgroup{{Path: path}} }
	for _, test := range []struct {
		name    string
		cgroups []procfs.Cgroup
		want    []snapshot.Quota
	}{
		{"no quota", v2("/free.slice"), nil},
		{"of the cgroup around it", v2("/shop.slice/cart.service"), []snapshot.Quota{shop}},
		{"of both", v2("/shop.slice/pay.service"), []snapshot.Quota{{CPUs: 0.2, Periods: 40, Throttled: 39, Withheld: 7 * time.Microsecond}, shop}},
		{"seen from another namespace", v2("/../shop.slice"), nil},
		{"a period of zero", v2("/odd.slice"), nil},
		{"without cpu.stat", v2("/gone.slice"), nil},
		{"cgroup v1", []procfs.Cgroup{{HierarchyID: 4, Controllers: []string{"memory"}, Path: "/docker/1f"}, {HierarchyID: 5, Controllers: []string{"cpu", "cpuacct"}, Path: "/docker/1f"}},
			[]snapshot.Quota{{CPUs: 0.1, Periods: 409, Throttled: 391, Withheld: 35201930144}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []snapshot.Quota
			for _, quota := range cpuQuotas(root, test.cgroups) {
				if used, ok := quota.used(root); ok {
					got = append(got, used)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
