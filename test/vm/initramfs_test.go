package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestInitramfs reads an archive back as the kernel does.
func TestInitramfs(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"init": "first", "bin/tool": "123"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/init", filepath.Join(dir, "bin", "go")); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := writeInitramfs(&packed, dir); err != nil {
		t.Fatal(err)
	}
	compressed, err := gzip.NewReader(&packed)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(compressed)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bin 40755 ", "bin/go 120777 /init", "bin/tool 100755 123", "init 100755 first", "TRAILER!!! 0 "}
	if got := entries(t, archive); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// entries lists name, mode and content of each entry.
func entries(t *testing.T, archive []byte) []string {
	t.Helper()
	var list []string
	for at := 0; at < len(archive); {
		header := archive[at:]
		if !bytes.HasPrefix(header, []byte("070701")) {
			t.Fatalf("no header at %d", at)
		}
		field := func(n int) int { return hex(t, header[6+8*n:][:8]) }
		mode, size, nameSize := field(1), field(6), field(11)
		name := header[110:][:nameSize-1]
		content := header[(110+nameSize+3)&^3:][:size]
		list = append(list, strings.Join([]string{string(name), octal(mode), string(content)}, " "))
		at += (110+nameSize+3)&^3 + (size+3)&^3
	}
	return list
}

func hex(t *testing.T, digits []byte) int {
	t.Helper()
	n, err := strconv.ParseUint(string(digits), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func octal(n int) string { return strconv.FormatInt(int64(n), 8) }
