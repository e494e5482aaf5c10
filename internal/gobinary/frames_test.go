package gobinary

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testprogram"
)

// The program prints what its runtime says of instructions of its own, a line
// of JSON for each: every place on the stack of nested inlined calls, and one
// instruction in 64 of its code. Addresses are given from main.main on.
const framesSource = `package main

import ("encoding/json"; "os"; "reflect"; "runtime")

type Frame struct { Function, File string; Line int }
type Place struct { Offset int64; Stack bool; Frames []Frame }

func inner() []uintptr {
	pcs := make([]uintptr, 64)
	return pcs[:runtime.Callers(1, pcs)]
}
func middle(n int) []uintptr { if n > 40 { return nil }; return inner() }
func outer(n int) []uintptr { return middle(n + 1) }
//go:noinline
func plain(n int) []uintptr { if n == 0 { return outer(n) }; return plain(n - 1) }
func through[T any](f func(T) []uintptr, v T) []uintptr { return f(v) }

func frames(pcs []uintptr) (all []Frame) {
	next := runtime.CallersFrames(pcs)
	for {
		f, more := next.Next()
		all = append(all, Frame{f.Function, f.File, f.Line})
		if !more { return }
	}
}

func use() {
	out := json.NewEncoder(os.Stdout)
	base := int64(reflect.ValueOf(main).Pointer())
	pcs := through(plain, 2)
	for i := range pcs {
		out.Encode(Place{int64(pcs[i]) - 1 - base, true, frames(pcs[i:])})
	}
	for pc := uintptr(base) - 1<<19; pc < uintptr(base); pc += 64 {
		if f := runtime.FuncForPC(pc); f != nil && f.Entry() < pc {
			out.Encode(Place{int64(pc) - 1 - base, false, frames([]uintptr{pc})})
		}
	}
}
` + testprogram.WaitForInput

// place is what a program's runtime has for one instruction. For an instruction on a
// stack the frames of its callers follow; for any other only the innermost is known.
type place struct {
	Offset int64
	Stack  bool
	Frames []*snapshot.Frame
}

// places runs a program that the test has built.
func places(t *testing.T, path string) []place {
	t.Helper()
	command := exec.Command(path)
	command.Stdin = strings.NewReader("x")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var all []place
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var p place
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// shortened writes type arguments as runtime.Frame does.
func shortened(frames []*snapshot.Frame) []*snapshot.Frame {
	short := make([]*snapshot.Frame, len(frames))
	for i, f := range frames {
		short[i] = &snapshot.Frame{Function: f.Function, File: f.File, Line: f.Line}
		first, last := strings.IndexByte(f.Function, '['), strings.LastIndexByte(f.Function, ']')
		if first >= 0 && last > first {
			short[i].Function = f.Function[:first] + "[...]" + f.Function[last+1:]
		}
	}
	return short
}

// What is read from the file must be what the program's own runtime reads.
func TestFramesAgreeWithRuntime(t *testing.T) {
	for name, v := range map[string]testprogram.Variant{
		"default":       {},
		"stripped":      {Arguments: "-ldflags=-s\t-w"},
		"trimpath":      {Arguments: "-trimpath"},
		"pie":           {Arguments: "-buildmode=pie"},
		"pie, stripped": {Arguments: "-buildmode=pie -trimpath -ldflags=-s\t-w"},
		"external link": {Arguments: "-ldflags=-linkmode=external", Env: "CGO_ENABLED=1"},
		"external pie":  {Arguments: "-buildmode=pie -ldflags=-linkmode=external", Env: "CGO_ENABLED=1"},
		"not inlined":   {Arguments: "-gcflags=all=-l"},
	} {
		t.Run(name, func(t *testing.T) {
			v.Program, v.Source = "frames", framesSource
			b := read(t, v)
			found, err := b.Functions("main.main")
			if err != nil {
				t.Fatal(err)
			}
			base := found["main.main"][0].Address
			compared, inlined := 0, 0
			for _, p := range places(t, testprogram.Build(t, v)) {
				got, err := b.FramesAt(base + uint64(p.Offset))
				if err != nil || len(got) == 0 {
					t.Fatalf("at main.main%+d: %v, %v", p.Offset, got, err)
				}
				want, have := p.Frames[:1], shortened(got[:1])
				if p.Stack {
					want, have = p.Frames[:len(got)], shortened(got)
				}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("at main.main%+d (-runtime +read)\n%s", p.Offset, diff)
				}
				compared++
				if len(got) > 1 {
					inlined++
				}
			}
			if compared < 1000 || inlined < 100 && name != "not inlined" {
				t.Errorf("compared %d instructions, of which %d inlined", compared, inlined)
			}
			t.Logf("%d instructions agree, of which %d inlined", compared, inlined)
		})
	}
}
