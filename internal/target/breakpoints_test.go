package target

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// TestPagesThatAnswerLate does not wait for a process's pages while a call for it hangs.
func TestPagesThatAnswerLate(t *testing.T) {
	p := &Process{PID: os.Getpid(), calls: untrusted.Calls{Limit: time.Millisecond, Owner: 1 << 30}}
	if _, err := p.ownPages(0, 1); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	defer close(release)
	_ = p.calls.Do(func() error { <-release; return nil })
	if own, err := p.ownPages(0, 1); !errors.Is(err, untrusted.ErrUnresponsive) {
		t.Errorf("%+v, %v; want no answer", own, err)
	}
}

// TestNameOf has a process that gives itself a name with what terminals take for a command.
func TestNameOf(t *testing.T) {
	const own = "/proc/self/comm"
	before, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.WriteFile(own, before, 0) }()
	if err := os.WriteFile(own, []byte("a\x1b[31m\xffb"), 0); err != nil {
		t.Fatal(err)
	}
	if name := nameOf(os.Getpid()); name != "a\uFFFD[31m\uFFFDb" {
		t.Errorf("%q", name)
	}
}

// TestIsBreakpoint tells breakpoints from other changes of code.
func TestIsBreakpoint(t *testing.T) {
	nop := []byte{0x0f, 0x1f, 0x44, 0, 0}
	for _, test := range []struct {
		name, arch   string
		memory, file []byte
		want         []uint64
	}{
		{"unchanged", "amd64", []byte{0x55, 0xcc, 0x90}, []byte{0x55, 0xcc, 0x90}, nil},
		{"two", "amd64", []byte{0xcc, 0x48, 0x89, 0xcc, 0x90}, []byte{0x55, 0x48, 0x89, 0xe5, 0x90}, []uint64{0x1000, 0x1003}},
		{"relocated", "amd64", []byte{0x48, 0x8d, 0x12, 0x34}, []byte{0x48, 0x8d, 0, 0}, nil},
		{"a call in place of a no-op", "amd64", []byte{0xe8, 1, 2, 0, 0}, nop, []uint64{0x1000}},
		{"a call in place of something else", "amd64", []byte{0xe8, 1, 2, 0, 0}, []byte{0x48, 1, 2, 0, 0}, nil},
		{"arm64", "arm64", []byte{0xfe, 0x0f, 0x1a, 0xf8, 0xa0, 0, 0x20, 0xd4}, []byte{0xfe, 0x0f, 0x1a, 0xf8, 0xfd, 0x83, 0x1f, 0xf8}, []uint64{0x1004}},
		{"arm64, of a debugger", "arm64", []byte{0, 0, 0x20, 0xd4}, []byte{0x90, 0x0b, 0x40, 0xf9}, []uint64{0x1000}},
		{"arm64, the low bits are the same", "arm64", []byte{0xa0, 0, 0x20, 0xd4}, []byte{0xa0, 0, 0x40, 0xf9}, []uint64{0x1000}},
		{"arm64, another instruction", "arm64", []byte{0x1f, 0x20, 0x03, 0xd5}, []byte{0xfd, 0x83, 0x1f, 0xf8}, nil},
		{"cut", "arm64", []byte{0xa0, 0}, []byte{0xfd, 0x83}, nil},
	} {
		var b Breakpoints
		b.add(0x1000, test.arch, test.memory, test.file)
		if !slices.Equal(b.Addresses, test.want) || b.Cut {
			t.Errorf("%s: %#x, want %#x", test.name, b.Addresses, test.want)
		}
	}
}

// TestBreakpointsAreBounded has more than are kept.
func TestBreakpointsAreBounded(t *testing.T) {
	var b Breakpoints
	memory := slices.Repeat([]byte{0xcc}, 2*maxBreakpoints)
	b.add(0x1000, "amd64", memory, make([]byte, len(memory)))
	if len(b.Addresses) != maxBreakpoints || !b.Cut {
		t.Errorf("%d, cut: %v", len(b.Addresses), b.Cut)
	}
}
