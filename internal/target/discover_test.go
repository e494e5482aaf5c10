package target

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/testprogram"
)

func TestDiscover(t *testing.T) {
	path := testprogram.Build(t, testprogram.ReferenceStripped)
	first, _ := start(t, path, "OTEL_SERVICE_NAME=first")
	second, stopSecond := start(t, path, "OTEL_SERVICE_NAME=second")
	noSDK, _ := start(t, testprogram.Build(t, testprogram.Tiny))
	found := discovered(t)
	for pid, service := range map[int]string{first: "first", second: "second"} {
		f, ok := found[pid]
		if !ok || f.ServiceName != service || f.Exe != path || f.SDKVersion == "" || f.GoVersion == "" || f.Err != nil {
			t.Errorf("%s, pid %d: %+v", service, pid, f)
		}
	}
	if f := found[noSDK]; !errors.Is(f.Err, gobinary.ErrNoSDK) || f.Exe == "" {
		t.Errorf("a program without the SDK: %+v", f)
	}
	if f, ok := found[os.Getpid()]; ok {
		t.Errorf("found itself: %+v", f)
	}
	stopSecond()
	if _, ok := discovered(t)[second]; ok {
		t.Error("found a process that has ended")
	}
}

func discovered(t *testing.T) map[int]Found {
	t.Helper()
	list, err := Discover()
	if err != nil {
		t.Fatal(err)
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
		if _, err := Discover(); err != nil {
			b.Fatal(err)
		}
	}
}
