package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestFilesAreCheckedFirst expects files to be refused before otwatch attaches, and
// without waiting.
func TestFilesAreCheckedFirst(t *testing.T) {
	testtarget.NeedRoot(t)
	sleep, dir := startSleep(t), t.TempDir()
	fifo, precious := filepath.Join(dir, "fifo"), filepath.Join(dir, "precious")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--record", "--pprof"} {
		for _, test := range []struct {
			path string
			args []string
			says string
		}{
			{fifo, nil, "it is a FIFO"},
			{precious, nil, "it exists; use --force to overwrite it"},
			{filepath.Join(dir, "link"), []string{"--force"}, "link is a symbolic link"},
			{dir, nil, "it is a directory"},
		} {
			c := start(t, slices.Concat([]string{"attach", "--pid", sleep, flag, test.path}, test.args)...)
			if code := c.wait(); code != exitUsage || !strings.Contains(c.stderr.String(), flag+" "+test.path+": "+test.says) {
				t.Errorf("%s %s: exit code %d, want %d and that it says %q: %s", flag, test.path, code, exitUsage, test.says, c.stderr)
			}
		}
	}
	if content, _ := os.ReadFile(precious); string(content) != "precious" {
		t.Errorf("the file holds %q", content)
	}
}

// TestFilesAreReplaced expects --force to replace files by ones that only their owner
// can read. Devices are written to and never replaced.
func TestFilesAreReplaced(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	dir := t.TempDir()
	record, profile := filepath.Join(dir, "seen.rec"), filepath.Join(dir, "cpu.pb.gz")
	for _, path := range []string{record, profile} {
		if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, "attach", "--pid", program.PIDString(), "--duration", "1s", "--output", "none", "--force", "--record", record, "--pprof", profile)
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	for _, path := range []string{record, profile} {
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() < 50 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	null := filepath.Join(dir, "null")
	if err := unix.Mknod(null, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	c = start(t, "attach", "--pid", program.PIDString(), "--duration", "1s", "--output", "none", "--record", null, "--pprof", null)
	if code := c.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
	if info, err := os.Lstat(null); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("the device is %v now: %v", info, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("the directory holds %v", entries)
	}
}
