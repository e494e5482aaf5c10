package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// buildImage makes the first file system of a machine: the tests and programs,
// built for its architecture, and the test data beside them. It returns the
// file, in dir.
func buildImage(dir, arch, run string) (string, error) {
	root := filepath.Join(dir, "root-"+arch)
	if err := buildAll(root, arch); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(root, "suites"), []byte(script(run)), 0o644); err != nil {
		return "", err
	}
	image, err := os.Create(filepath.Join(dir, "initramfs-"+arch))
	if err != nil {
		return "", err
	}
	return image.Name(), errors.Join(writeInitramfs(image, root), image.Close())
}

// script is what init runs: a directory and a command each line.
func script(run string) string {
	var lines strings.Builder
	for i, s := range suites {
		tests := s.Run
		if run != "" {
			if tests = run; slices.ContainsFunc(suites[:i], func(before suite) bool { return before.Package == s.Package }) {
				continue // they have been run
			}
		}
		fmt.Fprintf(&lines, "/src/%s /tests/%s -test.v -test.timeout=10m -test.run=%s", s.Package, testName(s), tests)
		if s.Skip != "" {
			fmt.Fprintf(&lines, " -test.skip=%s", s.Skip)
		}
		fmt.Fprintln(&lines)
	}
	return lines.String()
}

func testName(s suite) string { return strings.ReplaceAll(s.Package, "/", "-") }

func buildAll(root, arch string) error {
	if err := build(arch, "build", filepath.Join(root, "init"), "./test/vm/init"); err != nil {
		return err
	}
	for _, program := range programs {
		if err := build(arch, "build", filepath.Join(root, "programs", filepath.Base(program)), program); err != nil {
			return err
		}
	}
	built := map[string]bool{}
	for _, s := range suites {
		if built[s.Package] {
			continue
		}
		built[s.Package] = true
		if err := build(arch, "test", filepath.Join(root, "tests", testName(s)), "./"+s.Package); err != nil {
			return err
		}
		if err := copyTestdata(root, s); err != nil {
			return err
		}
	}
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	return os.Symlink("/init", filepath.Join(bin, "go"))
}

// copyTestdata gives the tests the directory they run in.
func copyTestdata(root string, s suite) error {
	here := filepath.Join(root, "src", s.Package)
	if err := os.MkdirAll(here, 0o755); err != nil {
		return err
	}
	testdata := filepath.Join(s.Package, "testdata")
	if _, err := os.Stat(testdata); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return os.CopyFS(filepath.Join(here, "testdata"), os.DirFS(testdata))
}

// build runs go build or go test -c, statically linked.
func build(arch, command, to, pkg string) error {
	args := []string{command, "-o", to, pkg}
	if command == "test" {
		args = []string{command, "-c", "-o", to, pkg}
	}
	compile := exec.Command("go", args...)
	compile.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w\n%s", pkg, arch, err, out)
	}
	return nil
}
