// Package testprogram builds small Go programs, and the reference program, in many
// ways, for the tests that examine executables. The programs that have a main function
// of ours print "ready" and end when their input does.
package testprogram

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Variant is one way to build one program.
type Variant struct {
	Program   string // its name: of testdata/targets, unless there is a Source
	Source    string // of package main; of a module of its own, unless it imports OpenTelemetry
	Arguments string // of go build, separated by spaces
	Env       string // KEY=value, separated by spaces
}

// The programs of the tests, each as it is built by default and in other ways.
var (
	Reference         = Variant{Program: "reference"}
	ReferenceStripped = Variant{Program: "reference", Arguments: "-ldflags=-s\t-w"}
	ReferenceTrimmed  = Variant{Program: "reference", Arguments: "-trimpath"}
	ReferencePIE      = Variant{Program: "reference", Arguments: "-buildmode=pie"}
	// A static PIE has no program interpreter and crashed under a peer (obi#2104)
	ReferenceStaticPIE = Variant{Program: "reference", Env: "CGO_ENABLED=1",
		Arguments: "-buildmode=pie -tags=netgo,osusergo -ldflags=-linkmode=external\t-extldflags=-static-pie"}
	Tiny         = Variant{Program: "tiny", Source: tinySource}
	TinyARM64    = Variant{Program: "tiny", Source: tinySource, Env: "GOARCH=arm64"}
	TinyARM64PIE = Variant{Program: "tiny", Source: tinySource, Arguments: "-buildmode=pie", Env: "GOARCH=arm64"}
	Tiny386      = Variant{Program: "tiny", Source: tinySource, Env: "GOARCH=386"}
	APIOnly      = Variant{Program: "apionly", Source: apiSource}
	SDKDropped   = Variant{Program: "sdkdropped", Source: sdkDroppedSource}
	Cgo          = Variant{Program: "cgo", Source: cgoSource, Arguments: "-ldflags=-linkmode=external", Env: "CGO_ENABLED=1"}
	CgoPIE       = Variant{Program: "cgo", Source: cgoSource, Arguments: "-buildmode=pie -ldflags=-linkmode=external", Env: "CGO_ENABLED=1"}
)

// WaitForInput is a main function that prints "ready", waits for a byte of input or its
// end, and calls use.
const WaitForInput = `
func main() {
	println("ready")
	os.Stdin.Read(make([]byte, 1))
	use()
}
`

const (
	tinySource = `package main
import "os"
type pair[T any] struct{ a, b T }
//go:noinline
func (p *pair[T]) swap() { p.a, p.b = p.b, p.a }
//go:noinline
func use() { (&pair[int]{1, 2}).swap(); (&pair[string]{"a", "b"}).swap() }
` + WaitForInput
	apiSource = `package main
import ("os"; "context"; "go.opentelemetry.io/otel")
func use() { _, span := otel.Tracer("t").Start(context.Background(), "s"); span.End() }
` + WaitForInput
	sdkDroppedSource = `package main
import ("os"; _ "go.opentelemetry.io/otel/sdk/trace")
func use() {}
` + WaitForInput
	cgoSource = `package main
// static int twice(int n) { return 2 * n; }
import "C"
import "os"
func use() { println(C.twice(21)) }
` + WaitForInput
)

var built struct {
	directory string
	mutex     sync.Mutex
	paths     map[Variant]string
}

// Main runs a package's tests and removes what they built.
func Main(m *testing.M) {
	var err error
	if built.directory, err = os.MkdirTemp("", "otwatch-testprogram-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.paths = map[Variant]string{}
	code := m.Run()
	_ = os.RemoveAll(built.directory)
	os.Exit(code)
}

// Build compiles a variant once per test run and returns its path.
func Build(t testing.TB, v Variant) string {
	t.Helper()
	built.mutex.Lock()
	defer built.mutex.Unlock()
	if path, ok := built.paths[v]; ok {
		return path
	}
	if strings.Contains(v.Env, "CGO_ENABLED=1") {
		if _, err := exec.LookPath("gcc"); err != nil {
			t.Skip("SKIPPED, external linking untested: gcc is not installed")
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(built.directory, fmt.Sprintf("%s-%d", v.Program, len(built.paths)))
	arguments := []string{"build", "-o", path}
	for _, argument := range strings.Fields(strings.ReplaceAll(v.Arguments, "\t", "\x00")) {
		arguments = append(arguments, strings.ReplaceAll(argument, "\x00", " "))
	}
	directory, target := root, "./testdata/targets/"+v.Program
	switch {
	case strings.Contains(v.Source, "opentelemetry"):
		arguments = append(arguments, "-overlay", overlay(t, root, v))
	case v.Source != "":
		directory, target = ownModule(t, v), "."
	}
	command := exec.Command("go", append(arguments, target)...)
	command.Dir = directory
	command.Env = append(os.Environ(), strings.Fields(v.Env)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %+v: %v\n%s", v, err, output)
	}
	built.paths[v] = path
	return path
}

// ownModule writes a module of the program and returns its directory.
func ownModule(t testing.TB, v Variant) string {
	t.Helper()
	directory := filepath.Join(built.directory, v.Program)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(directory, "go.mod"), []byte("module example.com/"+v.Program+"\n\ngo 1.26\n"))
	write(t, filepath.Join(directory, "main.go"), []byte(v.Source))
	return directory
}

// overlay writes what makes the program one of the product's module, whose modules it
// imports, and returns the file for go build -overlay.
func overlay(t testing.TB, root string, v Variant) string {
	t.Helper()
	file := filepath.Join(built.directory, v.Program+".go")
	write(t, file, []byte(v.Source))
	virtual := filepath.Join(root, "testdata/targets", v.Program, "main.go")
	rules, err := json.Marshal(map[string]any{"Replace": map[string]string{virtual: file}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(built.directory, v.Program+".json")
	write(t, path, rules)
	return path
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
