package matrix

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build compiles a combination's program as a module of its own in directory
// and returns the executable's path.
func build(directory string, c combination) (string, error) {
	files := []string{"main.go", c.exporter.file + ".go"}
	if c.mode.cgo {
		files = append(files, "cgo.go")
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join("testdata", "program", file))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(directory, file), content, 0o600); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(directory, "go.mod"), []byte(goMod(c)), 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(directory, "program")
	command := exec.Command("go", append([]string{"build", "-mod=mod", "-p=2", "-o", path}, c.mode.arguments...)...)
	command.Dir = directory
	command.Env = append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN="+c.release.toolchain, "CGO_ENABLED="+map[bool]string{true: "1", false: "0"}[c.mode.cgo])
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", c, err, out)
	}
	return path, nil
}

// goMod requires what the program imports, all of one version.
func goMod(c combination) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module example.com/program\n\ngo %s.0\n\nrequire (\n", c.release)
	for _, module := range []string{"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/sdk", c.exporter.module} {
		fmt.Fprintf(&b, "\t%s %s\n", module, c.sdk)
	}
	b.WriteString(")\n")
	return b.String()
}
