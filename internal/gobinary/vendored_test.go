package gobinary

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVendored refuses a program that was built without modules, as Docker's packages are, and says
// that it has the SDK.
func TestVendored(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"app/main.go": "package main\n\nimport \"go.opentelemetry.io/otel/sdk/trace\"\n\nfunc main() { trace.New().Start() }\n",
		"app/vendor/go.opentelemetry.io/otel/sdk/trace/tracer.go": "package trace\n\ntype tracer struct{}\n\n//go:noinline\nfunc (*tracer) Start() {}\n\n" +
			"// New returns a tracer.\nfunc New() interface{ Start() } { return &tracer{} }\n",
	} {
		path := filepath.Join(root, "src", "example.org", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-o", filepath.Join(root, "app"), "example.org/app")
	build.Env = append(os.Environ(), "GO111MODULE=off", "GOPATH="+root, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := os.Open(filepath.Join(root, "app"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.RequireSDK(); !errors.Is(err, ErrSymbols) || !strings.Contains(err.Error(), "without modules") {
		t.Errorf("got %v, want that the SDK is vendored", err)
	}
}
