package target

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

// variant is one way to build one program of the tests.
type variant struct {
	program   string // "reference", or a key of programs
	arguments string // of go build, separated by spaces
	env       string // KEY=value, separated by spaces
}

var (
	reference         = variant{program: "reference"}
	referenceStripped = variant{program: "reference", arguments: "-ldflags=-s\t-w"}
	referenceTrimmed  = variant{program: "reference", arguments: "-trimpath"}
	referencePIE      = variant{program: "reference", arguments: "-buildmode=pie"}
	// static-PIE has no program interpreter and crashed under a peer (obi#2104)
	referenceStaticPIE = variant{program: "reference", env: "CGO_ENABLED=1",
		arguments: "-buildmode=pie -tags=netgo,osusergo -ldflags=-linkmode=external\t-extldflags=-static-pie"}
	tiny         = variant{program: "tiny"}
	tinyARM64    = variant{program: "tiny", env: "GOARCH=arm64"}
	tinyARM64PIE = variant{program: "tiny", arguments: "-buildmode=pie", env: "GOARCH=arm64"}
	tiny386      = variant{program: "tiny", env: "GOARCH=386"}
	apiOnly      = variant{program: "apionly"}
	sdkDropped   = variant{program: "sdkdropped"}
	cgo          = variant{program: "cgo", arguments: "-ldflags=-linkmode=external", env: "CGO_ENABLED=1"}
	cgoPIE       = variant{program: "cgo", arguments: "-buildmode=pie -ldflags=-linkmode=external", env: "CGO_ENABLED=1"}
)

const waitForInput = `
func main() {
	println("ready")
	os.Stdin.Read(make([]byte, 1))
	use()
}
`

// programs that import OpenTelemetry are compiled in the product's module, by
// an overlay; the others are modules of their own.
var programs = map[string]string{
	"tiny": `package main
import "os"
type pair[T any] struct{ a, b T }
//go:noinline
func (p *pair[T]) swap() { p.a, p.b = p.b, p.a }
//go:noinline
func use() { (&pair[int]{1, 2}).swap(); (&pair[string]{"a", "b"}).swap() }
` + waitForInput,
	"apionly": `package main
import ("os"; "context"; "go.opentelemetry.io/otel")
func use() { _, span := otel.Tracer("t").Start(context.Background(), "s"); span.End() }
` + waitForInput,
	"sdkdropped": `package main
import ("os"; _ "go.opentelemetry.io/otel/sdk/trace")
func use() {}
` + waitForInput,
	"cgo": `package main
// static int twice(int n) { return 2 * n; }
import "C"
import "os"
func use() { println(C.twice(21)) }
` + waitForInput,
}

var built struct {
	directory string
	mutex     sync.Mutex
	paths     map[variant]string
}

func TestMain(m *testing.M) {
	var err error
	if built.directory, err = os.MkdirTemp("", "otwatch-target-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.paths = map[variant]string{}
	code := m.Run()
	_ = os.RemoveAll(built.directory)
	os.Exit(code)
}

// build compiles a variant once per test run and returns its path.
func build(t testing.TB, v variant) string {
	t.Helper()
	built.mutex.Lock()
	defer built.mutex.Unlock()
	if path, ok := built.paths[v]; ok {
		return path
	}
	if strings.Contains(v.env, "CGO_ENABLED=1") {
		if _, err := exec.LookPath("gcc"); err != nil {
			t.Skip("SKIPPED, external linking untested: gcc is not installed")
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(built.directory, fmt.Sprintf("%s-%d", v.program, len(built.paths)))
	arguments := []string{"build", "-o", path}
	for _, argument := range strings.Fields(strings.ReplaceAll(v.arguments, "\t", "\x00")) {
		arguments = append(arguments, strings.ReplaceAll(argument, "\x00", " "))
	}
	directory, target := root, "./testdata/targets/"+v.program
	switch source, ok := programs[v.program]; {
	case ok && strings.Contains(source, "opentelemetry"):
		arguments = append(arguments, "-overlay", overlay(t, root, v.program, source))
	case ok:
		directory, target = ownModule(t, v.program, source), "."
	}
	command := exec.Command("go", append(arguments, target)...)
	command.Dir = directory
	command.Env = append(os.Environ(), strings.Fields(v.env)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %+v: %v\n%s", v, err, output)
	}
	built.paths[v] = path
	return path
}

func ownModule(t testing.TB, program, source string) string {
	t.Helper()
	directory := filepath.Join(built.directory, program)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(directory, "go.mod"), []byte("module example.com/"+program+"\n\ngo 1.26\n"))
	write(t, filepath.Join(directory, "main.go"), []byte(source))
	return directory
}

func overlay(t testing.TB, root, program, source string) string {
	t.Helper()
	file := filepath.Join(built.directory, program+".go")
	write(t, file, []byte(source))
	virtual := filepath.Join(root, "testdata/targets", program, "main.go")
	rules, err := json.Marshal(map[string]any{"Replace": map[string]string{virtual: file}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(built.directory, program+".json")
	write(t, path, rules)
	return path
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readBuilt parses a variant; its file is closed with the test.
func readBuilt(t testing.TB, v variant) *Binary {
	t.Helper()
	file, err := os.Open(build(t, v))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	b, err := ReadBinary(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
