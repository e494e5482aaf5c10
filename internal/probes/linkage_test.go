package probes

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// onEveryLinkage runs a kernel test once for each way to place probes, as if the kernel
// had no other.
func onEveryLinkage(t *testing.T, test func(*testing.T, *Session)) {
	testtarget.NeedRoot(t)
	for _, way := range linkages {
		t.Run(way.name, func(t *testing.T) {
			session, err := newSessionBy([]linkage{way})
			if errors.Is(err, ebpf.ErrNotSupported) {
				t.Skipf("KERNEL TEST NOT RUN: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := session.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, session)
		})
	}
}

// TestExportsAreSeen wants each export with its length, under its processor.
func TestExportsAreSeen(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "23")
		a := attachTo(t, session, program)
		open(t, a, Exports, unlimited)
		program.Begin()
		program.AwaitLoad()
		program.Shutdown()
		if err := session.Drain(); err != nil {
			t.Fatal(err)
		}
		var spans uint64
		for _, operation := range a.Take().Calls {
			if operation.Of != Export {
				continue
			}
			spans += operation.Length
			if operation.StartedNS == 0 || operation.EndedNS <= operation.StartedNS || operation.Processor == nil {
				t.Errorf("an export was seen as %+v", operation)
			}
		}
		if spans != 23 {
			t.Errorf("%d spans were exported, want 23", spans)
		}
	})
}

// TestEndedProcess gives an error of its own, even if the process ends after its
// executable was opened.
func TestEndedProcess(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := exec.Command("/proc/self/exe", "-test.run=^$")
		if err := program.Run(); err != nil {
			t.Fatal(err)
		}
		function, err := findOwnFunction()
		if err != nil {
			t.Fatal(err)
		}
		offset, err := function.binary.FileOffset(function.address + function.places[0].Offset)
		if err != nil {
			t.Fatal(err)
		}
		executable, err := link.OpenExecutable("/proc/self/exe")
		if err != nil {
			t.Fatal(err)
		}
		calls := &untrusted.Calls{Limit: linkLimit}
		_, err = session.linker.link(calls, executable, program.Process.Pid, bpfProgObserve, []spot{{fileOffset: offset, cookie: 1}})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want %v", err, fs.ErrNotExist)
		}
	})
}

// TestLoadBest uses the first way that the kernel supports, explains why no better one is
// used, and does not take another error for a lack of support.
func TestLoadBest(t *testing.T) {
	testtarget.NeedRoot(t)
	lacking := func(err error) linkage {
		return linkage{name: "better", missing: func() error { return err }}
	}
	broken := errors.New("a helper is broken")
	tests := []struct {
		name string
		ways []linkage
		way  string
		why  string
		err  error
	}{
		{"the best", []linkage{addressLinkage, lacking(nil)}, addressLinkage.name, "", nil},
		{"the next best", []linkage{lacking(ebpf.ErrNotSupported), addressLinkage}, addressLinkage.name, "better: not supported", nil},
		{"a fault", []linkage{lacking(broken), addressLinkage}, "", "", broken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			session, err := newSessionBy(test.ways)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err != nil {
				return
			}
			defer session.Close()
			if way, why := session.Linkage(); way != test.way || why != test.why {
				t.Errorf("it is by %q because of %q, want %q and %q", way, why, test.way, test.why)
			}
		})
	}
	if _, err := newSessionBy([]linkage{lacking(ebpf.ErrNotSupported)}); err == nil {
		t.Error("a session was made without any way")
	}
}

// deaf is a linker whose probes report nothing.
type deaf struct{ linker }

func (deaf) link(*untrusted.Calls, *link.Executable, int, string, []spot) (links, error) {
	return nil, nil
}

// TestThreadsDroppedIsFound gives loaded.try a linker that, as kernels 6.6 to
// 6.9 do, reports no hit of another thread.
func TestThreadsDroppedIsFound(t *testing.T) {
	testtarget.NeedRoot(t)
	way := addressLinkage
	way.linker = func(o *bpfObjects) linker {
		return deaf{addressLinkage.linker(o)}
	}
	if _, err := load(way); !errors.Is(err, errThreadDropped) || !errors.Is(err, ebpf.ErrNotSupported) {
		t.Errorf("error %v, want %v", err, errThreadDropped)
	}
}

func TestOnAnotherThread(t *testing.T) {
	for range 100 {
		called := false
		onAnotherThread(func() { called = unix.Gettid() != os.Getpid() })
		if !called {
			t.Fatal("it was not called, or on the first thread")
		}
	}
}
