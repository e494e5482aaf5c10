package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/recording"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestCgroupV1 runs on a host with cgroups of version 1. It selects, by its cgroup's
// directory, the one of two programs that is in a container.
func TestCgroupV1(t *testing.T) {
	ownMachine(t)
	const hierarchies = "/sys/fs/cgroup"
	const systemd = hierarchies + "/systemd" // a hierarchy without a controller exists on every kernel
	if !mountV1(t, "tmpfs", hierarchies, "") || !mountV1(t, "cgroup", systemd, "none,name=systemd") {
		t.Fatal("the kernel has no cgroup v1")
	}
	receiver := testtarget.Receive(t, testtarget.Accept)
	program := testtarget.Start(t, "-endpoint", receiver, "-rate", "100", "-spans", "1000000")
	testtarget.Start(t, "-endpoint", receiver) // outside
	container := "/docker/" + strings.Repeat("7a", 32)
	joinV1(t, systemd, container, program)

	c := attached(t, "--cgroup", systemd+container, "--duration", "1s", "--output", "json")
	program.Begin()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	if len(d.Targets) != 1 || d.Targets[0].Target.PID != program.PID() {
		t.Fatalf("watched %+v, want the program in the container, pid %d", d.Targets, program.PID())
	}
	if id := d.Targets[0].Target.ContainerID; id == nil || *id != filepath.Base(container) {
		t.Errorf("container id %v, want that of %s", id, container)
	}

	t.Run("memory", func(t *testing.T) {
		const memory = hierarchies + "/memory"
		if !mountV1(t, "cgroup", memory, "memory") {
			t.Skip("KERNEL TEST NOT RUN: the memory controller is not one of cgroup v1")
		}
		joinV1(t, memory, container, program)
		const limit = 512 << 20 // of the cgroup around the container's
		if err := os.WriteFile(memory+"/docker/memory.limit_in_bytes", []byte(strconv.Itoa(limit)), 0); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "seen.rec")
		c := attached(t, "--pid", program.PIDString(), "--duration", "1s", "--output", "none", "--record", path)
		if code := c.wait(); code != exitDone {
			t.Fatalf("exit code %d: %s", code, c.stderr)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		r, err := recording.NewReader(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if seen.Target.Memory != limit || seen.Target.Cgroup != container {
			t.Errorf("%d bytes of memory in %q, want %d in %q", seen.Target.Memory, seen.Target.Cgroup, limit, container)
		}
	})
}

// mountV1 mounts a cgroup v1 hierarchy until the test ends, if the kernel knows the
// options.
func mountV1(t *testing.T, kind, at, options string) bool {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(kind, at, kind, 0, options); errors.Is(err, unix.EINVAL) {
		return false
	} else if err != nil {
		t.Fatalf("mount %s with %q: %v", kind, options, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return true
}

// joinV1 moves a program into a new cgroup of a hierarchy.
func joinV1(t *testing.T, hierarchy, cgroup string, program *testtarget.Target) {
	t.Helper()
	directory := filepath.Join(hierarchy, cgroup)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "cgroup.procs"), []byte(program.PIDString()), 0); err != nil {
		t.Fatal(err)
	}
}
