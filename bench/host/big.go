package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	bigPackages  = 100
	bigFunctions = 1700 // in each
	// bigLeast is the least that the executable has to have, in bytes.
	bigLeast = 100 << 20
)

// bigMain is a traced program that does nothing, and holds all functions.
const bigMain = `package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
%s)

var all [][]func(int, string) (string, error)

func main() {
	var tracing program.Tracing
	tracing.Flags()
	provider, err := tracing.Provider(context.Background())
	if err != nil {
		program.Exit("big", err)
	}
	_, span := provider.Tracer("big").Start(context.Background(), "work")
	span.End()
%s	fmt.Println("ready", len(all))
	_, _ = io.Copy(io.Discard, os.Stdin)
}
`

// bigFunction is of the usual size, some 400 bytes of code.
const bigFunction = `
func F%[1]d(a int, s string) (string, error) {
	if a > %[1]d {
		return s + strconv.Itoa(a*%[1]d), nil
	}
	for i, r := range s {
		if int(r) == a+%[1]d {
			return "", fmt.Errorf("f%[1]d: %%d at %%d of %%q", a, i, s)
		}
	}
	return s[:len(s)/2], nil
}
`

// buildBig makes a big stripped executable that carries the SDK. Its sources are
// nobody's to read, so that they exist for the compiler alone.
func buildBig(dir string) (string, error) {
	replace := map[string]string{}
	root, err := filepath.Abs("bench/targets/big")
	if err != nil {
		return "", err
	}
	put := func(name string, source []byte) error {
		path := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		replace[filepath.Join(root, name)] = path
		return os.WriteFile(path, source, 0o600)
	}
	var imports, uses bytes.Buffer
	for p := range bigPackages {
		fmt.Fprintf(&imports, "\t\"github.com/otwatch/otwatch/bench/targets/big/p%d\"\n", p)
		fmt.Fprintf(&uses, "\tall = append(all, p%d.All)\n", p)
		if err := put(fmt.Sprintf("p%d/p.go", p), bigPackage(p)); err != nil {
			return "", err
		}
	}
	if err := put("main.go", fmt.Appendf(nil, bigMain, &imports, &uses)); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	rules, path := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "big")
	if err := os.WriteFile(rules, overlay, 0o600); err != nil {
		return "", err
	}
	command := exec.Command("go", "build", "-overlay", rules, "-ldflags", "-s -w", "-o", path, "./big")
	command.Dir = "bench/targets"
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build a big executable: %w\n%s", err, out)
	}
	return path, nil
}

func bigPackage(p int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package p%d\n\nimport (\n\t\"fmt\"\n\t\"strconv\"\n)\n\nvar All = []func(int, string) (string, error){", p)
	for f := range bigFunctions {
		fmt.Fprintf(&b, "F%d, ", p*bigFunctions+f)
	}
	b.WriteString("}\n")
	for f := range bigFunctions {
		fmt.Fprintf(&b, bigFunction, p*bigFunctions+f)
	}
	return b.Bytes()
}
