package target

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// mapped maps a file, and returns the mapping.
func mapped(t *testing.T, path string) mapping {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	memory, err := unix.Mmap(int(file.Fd()), 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(strings.TrimSpace(line), path) {
			all, err := parseMappedCode(strings.NewReader(strings.Replace(line, "r--p", "r-xp", 1)))
			if err != nil || len(all) != 1 {
				t.Fatalf("%q: %+v, %v", line, all, err)
			}
			return all[0]
		}
	}
	t.Fatalf("%s is not mapped", path)
	return mapping{}
}

// TestOpenMapped opens what is mapped, wherever its path leads to by then.
func TestOpenMapped(t *testing.T) {
	testtarget.NeedRoot(t)
	dir := t.TempDir()
	path, secret := filepath.Join(dir, "orders.so"), filepath.Join(dir, "secret")
	for file, content := range map[string]string{path: "a plugin", secret: "a secret"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := mapped(t, path)
	if err := errors.Join(os.Remove(path), os.Symlink(secret, path)); err != nil {
		t.Fatal(err)
	}
	opened, err := openMapped(os.Getpid(), m)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if content, err := io.ReadAll(opened); err != nil || string(content) != "a plugin" {
		t.Errorf("%q, %v", content, err)
	}
	if opened, err := openMapped(os.Getpid(), mapped(t, "/dev/zero")); !errors.Is(err, errNoFile) {
		t.Errorf("%v, %v: want no device", opened, err)
	}
}

func TestParseMappedCode(t *testing.T) {
	const maps = `00400000-00600000 r-xp 00001000 fe:00 11                         /srv/host
00600000-00700000 r--p 00201000 fe:00 11                         /srv/host
7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1234                       /srv/my plugins/orders.so
7f1c2b000000-7f1c2c000000 r-xp 00101000 fe:00 1234                       /srv/my plugins/orders.so
7f1c30000000-7f1c30001000 rwxp 00000000 00:00 0
7ffd0c5f2000-7ffd0c5f4000 r-xp 00000000 00:00 0                          [vdso]
no line of maps
`
	got, err := parseMappedCode(strings.NewReader(maps))
	want := []mapping{{0x400000, 0x600000, "/srv/host"}, {0x7f1c2a000000, 0x7f1c2b000000, "/srv/my plugins/orders.so"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	var many strings.Builder
	for i := range 2 * maxPlugins {
		fmt.Fprintf(&many, "7f1c2a000000-7f1c2b000000 r-xp 00001000 fe:00 1 /lib/%d.so\n", i)
	}
	if got, err := parseMappedCode(strings.NewReader(many.String())); err != nil || len(got) != maxPlugins {
		t.Errorf("%d of many, %v; want %d", len(got), err, maxPlugins)
	}
}
