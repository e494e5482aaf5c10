package target

import (
	"os"
	"slices"
	"testing"
)

func TestDiscover(t *testing.T) {
	path := build(t, referenceStripped)
	first, _ := start(t, path, "OTEL_SERVICE_NAME=first")
	second, stopSecond := start(t, path, "OTEL_SERVICE_NAME=second")
	noSDK, _ := start(t, build(t, tiny))
	found := discovered(t)
	for pid, service := range map[int]string{first: "first", second: "second"} {
		f, ok := found[pid]
		if !ok || f.ServiceName != service || f.Exe != path || f.SDKVersion == "" || f.GoVersion == "" {
			t.Errorf("%s, pid %d: %+v", service, pid, f)
		}
	}
	for _, pid := range []int{noSDK, os.Getpid()} {
		if f, ok := found[pid]; ok {
			t.Errorf("found %+v", f)
		}
	}
	stopSecond()
	if _, ok := discovered(t)[second]; ok {
		t.Error("found a process that has ended")
	}
}

func discovered(t *testing.T) map[int]Found {
	t.Helper()
	list, unreadable, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 && unreadable > 0 {
		t.Logf("%d processes are unreadable", unreadable)
	}
	if !slices.IsSortedFunc(list, func(x, y Found) int { return x.PID - y.PID }) {
		t.Errorf("not in order of pids: %+v", list)
	}
	found := map[int]Found{}
	for _, f := range list {
		found[f.PID] = f
	}
	return found
}

func BenchmarkDiscover(b *testing.B) {
	for b.Loop() {
		if _, _, err := Discover(); err != nil {
			b.Fatal(err)
		}
	}
}
