package outfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// nobody is a user who is neither root nor who runs the test.
const nobody = 65534

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: giving files to another user needs root")
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// common makes a directory that everybody can write to, as /tmp is.
func common(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "common")
	must(t, os.Mkdir(dir, 0o755), os.Chmod(dir, 0o777|os.ModeSticky))
	return dir
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestNewFile is there when it is placed, and only its user can read it.
func TestNewFile(t *testing.T) {
	t.Setenv("SUDO_UID", "")
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	f, err := Open(path, false)
	must(t, err)
	if _, err := os.Lstat(path); err == nil {
		t.Error("it has its name before it is placed")
	}
	_, err = io.WriteString(f, "one")
	must(t, err, f.Place())
	_, err = io.WriteString(f, ", two")
	must(t, err, f.Close())
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "one, two" {
		t.Errorf("it holds %q: %v", content, err)
	}
	if info, _ := os.Stat(path); info.Mode() != mode {
		t.Errorf("its mode is %v, want %v", info.Mode(), os.FileMode(mode))
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("the directory holds %v", n)
	}
}

// TestNeverPlaced leaves everything as it was.
func TestNeverPlaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kept")
	must(t, os.WriteFile(path, []byte("before"), 0o644))
	for _, path := range []string{path, filepath.Join(dir, "new")} {
		f, err := Open(path, true)
		must(t, err)
		_, err = io.WriteString(f, "after")
		must(t, err, f.Close())
	}
	if content, _ := os.ReadFile(path); string(content) != "before" {
		t.Errorf("it holds %q", content)
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("the directory holds %v", n)
	}
}

// TestReplaced by a file of its own owner and mode: what others have of the old one
// stays as it was.
func TestReplaced(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "x"), filepath.Join(dir, "other name")
	must(t, os.WriteFile(path, []byte("before"), 0o644), os.Chmod(path, 0o666), os.Link(path, other))
	f, err := Open(path, true)
	must(t, err)
	_, err = io.WriteString(f, "after")
	must(t, err, f.Place(), f.Close())
	if info, _ := os.Stat(path); info.Mode() != mode {
		t.Errorf("its mode is %v", info.Mode())
	}
	for path, want := range map[string]string{path: "after", other: "before"} {
		if content, _ := os.ReadFile(path); string(content) != want {
			t.Errorf("%s holds %q, want %q", path, content, want)
		}
	}
}

// TestRefused walks what root must not write to, and what it may.
func TestRefused(t *testing.T) {
	needRoot(t)
	t.Setenv("SUDO_UID", "")
	own, all := t.TempDir(), common(t)
	in := func(dir, name string) string { return filepath.Join(dir, name) }
	precious := in(own, "precious")
	must(t, os.WriteFile(precious, []byte("precious"), 0o600), os.Mkdir(in(own, "dir"), 0o755), os.WriteFile(in(own, "empty"), nil, 0o644))
	must(t, os.Symlink(precious, in(own, "link")), os.Symlink("dir", in(own, "dirlink")), os.Symlink("loop", in(own, "loop")), os.Symlink("nowhere", in(own, "dangling")))
	must(t, os.Symlink(precious, in(all, "link")), os.Symlink("nowhere", in(all, "dangling")), os.Symlink(own, in(all, "dirlink")))
	must(t, os.WriteFile(in(all, "theirs"), nil, 0o666), os.Chown(in(all, "theirs"), nobody, nobody), os.WriteFile(in(all, "hard"), nil, 0o666), os.Link(in(all, "hard"), in(all, "harder")))
	must(t, os.Mkdir(in(own, "nobodys"), 0o755), os.Symlink(precious, in(own, "nobodys/link")), os.Chown(in(own, "nobodys"), nobody, nobody))
	must(t, unix.Mkfifo(in(own, "fifo"), 0o600), unix.Mkfifo(in(all, "fifo"), 0o666), unix.Mknod(in(own, "socket"), unix.S_IFSOCK|0o600, 0))
	tests := []struct {
		path  string
		force bool
		says  string // "": it is opened
	}{
		{in(own, "new"), false, ""},
		{in(own, "dir/new"), false, ""},
		{own + "/dir/../new", false, ""},
		{in(own, "empty"), false, ""},
		{precious, false, "it exists; use --force to overwrite it"},
		{precious, true, ""},
		{in(own, "link"), false, "it exists"},
		{in(own, "link"), true, ""},
		{in(own, "dirlink/new"), false, ""},
		{in(own, "dangling"), false, ""},
		{in(own, "loop"), false, "too many levels of symbolic links"},
		{in(own, "dir"), true, "is a directory"},
		{in(own, "dirlink"), true, "is a directory"},
		{in(own, "new") + "/", false, "is a directory"},
		{own + "/dir/..", false, "is a directory"},
		{"", false, "is a directory"},
		{"/", true, "is a directory"},
		{in(own, "none/new"), false, "no such directory"},
		{in(own, "empty/new"), false, "not a directory"},
		{in(own, "nobodys/link"), true, "link is a symbolic link"},
		{in(own, "nobodys/new"), false, ""},
		{in(own, "fifo"), true, "it is a FIFO"},
		{in(own, "socket"), true, "neither a file nor a character device"},
		{in(all, "new"), false, ""},
		{in(all, "link"), true, "link is a symbolic link"},
		{in(all, "dangling"), true, "dangling is a symbolic link"},
		{in(all, "dirlink/new"), true, "dirlink is a symbolic link"},
		{in(all, "theirs"), true, "belongs to uid 65534"},
		{in(all, "hard"), true, "2 names"},
		{in(all, "fifo"), true, "it is a FIFO"},
		{"/proc/self/root/tmp/x", false, "in /proc"},
		{"/proc/self/exe", true, "in /proc"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.path, " ", test.force), func(t *testing.T) {
			f, err := Open(test.path, test.force)
			if err == nil {
				must(t, f.Close())
			}
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
	if content, _ := os.ReadFile(precious); string(content) != "precious" {
		t.Errorf("the file holds %q", content)
	}
}

// TestDevice is written to, and stays.
func TestDevice(t *testing.T) {
	needRoot(t)
	path := filepath.Join(common(t), "null")
	if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	f, err := Open(path, false)
	must(t, err)
	_, err = io.WriteString(f, "gone")
	must(t, err, f.Place(), f.Close())
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Errorf("it is %v now: %v", info, err)
	}
	full, err := Open("/dev/full", false)
	must(t, err)
	if _, err := io.WriteString(full, "x"); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v, want %v", err, unix.ENOSPC)
	}
	must(t, full.Close())
}

// TestDescriptor writes where an open descriptor is, after what it has written.
func TestDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	file, err := os.Create(path)
	must(t, err)
	_, err = io.WriteString(file, "before, ")
	must(t, err)
	f, err := Open(fmt.Sprintf("/dev/fd/%d", file.Fd()), false)
	must(t, err)
	_, err = io.WriteString(f, "after")
	must(t, err, f.Place(), f.Close(), file.Close())
	if content, _ := os.ReadFile(path); string(content) != "before, after" {
		t.Errorf("it holds %q", content)
	}
}

// TestTakenMeanwhile gives no name away that another file has got since.
func TestTakenMeanwhile(t *testing.T) {
	for _, test := range []struct {
		name   string
		before string
		force  bool
	}{{"a new one", "", false}, {"one to be replaced", "before", true}} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if test.before != "" {
				must(t, os.WriteFile(path, []byte(test.before), 0o600))
			}
			f, err := Open(path, test.force)
			must(t, err)
			_ = os.Remove(path)
			must(t, os.WriteFile(path, []byte("somebody else's"), 0o600))
			if err := f.Place(); err == nil {
				t.Error("it was replaced")
			}
			must(t, f.Close())
			if content, _ := os.ReadFile(path); string(content) != "somebody else's" {
				t.Errorf("it holds %q", content)
			}
			if n := names(t, filepath.Dir(path)); len(n) != 1 {
				t.Errorf("the directory holds %v", n)
			}
		})
	}
}

// TestSudo gives the file to who called it, who could not read it otherwise, and counts
// that user's files as one's own.
func TestSudo(t *testing.T) {
	needRoot(t)
	t.Setenv("SUDO_UID", fmt.Sprint(nobody))
	t.Setenv("SUDO_GID", fmt.Sprint(nobody))
	path := filepath.Join(common(t), "x")
	for range 2 {
		f, err := Open(path, true)
		must(t, err)
		must(t, f.Place(), f.Close())
	}
	var stat unix.Stat_t
	must(t, unix.Stat(path, &stat))
	if stat.Uid != nobody || stat.Mode&0o777 != mode {
		t.Errorf("it belongs to %d, mode %o", stat.Uid, stat.Mode)
	}
}
