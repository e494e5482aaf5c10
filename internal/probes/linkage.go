package probes

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// spot is an instruction in an executable that gets a program, and the cookie that the
// program gets there.
type spot struct {
	fileOffset uint64
	address    uint64 // in the process
	cookie     uint64
}

// linker links programs to instructions.
type linker interface {
	// link links the named program to all spots of one process's executable, or to none. Each
	// link is one of calls. Close what it returns to remove it. If the process has ended, the
	// error is fs.ErrNotExist.
	link(calls *untrusted.Calls, executable *link.Executable, pid int, program string, spots []spot) (links, error)
	// forget drops what is kept of a process's spots, whose links are closed.
	forget(pid int, program string, spots []spot)
}

// linkage is one way to link programs to instructions.
type linkage struct {
	name string // what users see
	// missing returns what the kernel lacks for it, nil if nothing.
	missing func() error
	// prepare adapts the programs before they are loaded.
	prepare func(*ebpf.CollectionSpec) error
	// linker returns a linker of the loaded programs.
	linker func(*bpfObjects) linker
}

// linkages lists the ways, the best first. Whether a kernel supports one is found by
// trying: versions are no guide, since distributions backport features and bugs.
var linkages = []linkage{multiLinkage, cookieLinkage, addressLinkage}

// programs are the loaded programs by name.
type programs map[string]*ebpf.Program

func programsOf(o *bpfObjects) programs {
	return programs{bpfProgCount: o.Count, bpfProgObserve: o.Observe}
}

// loaded is the programs and maps in the kernel, and how the programs are linked. Close
// it when done.
type loaded struct {
	objects bpfObjects
	linker  linker
	way     string
	passed  []string // why each better way is not used
}

// Close removes the programs and maps.
func (l *loaded) Close() error { return l.objects.Close() }

// Linkage is the way in which probes are placed on this machine, and why no better one is
// used; "" if there is none.
func (s *Session) Linkage() (way, why string) { return s.way, strings.Join(s.passed, "; ") }

// ByPerfEvents reports whether probes are perf events. Most kernels require CAP_SYS_ADMIN
// for them.
func (s *Session) ByPerfEvents() bool { return s.way != multiLinkage.name }

// loadBest loads the programs for the first way that works. It goes on to the next way
// only if the kernel does not support one.
func loadBest(ways []linkage) (loaded, error) {
	var passed []string
	for _, way := range ways {
		l, err := load(way)
		if err == nil {
			l.passed = passed
			return l, nil
		}
		err = fmt.Errorf("%s: %w", way.name, err)
		if !errors.Is(err, ebpf.ErrNotSupported) {
			return loaded{}, err
		}
		passed = append(passed, err.Error())
	}
	return loaded{}, fmt.Errorf("%w: the kernel offers no method of placing probes: %s", ebpf.ErrNotSupported, strings.Join(passed, "; "))
}

// load loads the programs for one way, and tries it.
func load(way linkage) (l loaded, err error) {
	if err := way.missing(); err != nil {
		return loaded{}, err
	}
	spec, err := loadBpf()
	if err != nil {
		return loaded{}, err
	}
	if err := way.prepare(spec); err != nil {
		return loaded{}, err
	}
	l = loaded{way: way.name}
	if err := spec.LoadAndAssign(&l.objects, nil); err != nil {
		return loaded{}, err
	}
	l.linker = way.linker(&l.objects)
	if err := l.try(); err != nil {
		return loaded{}, errors.Join(err, l.Close())
	}
	return l, nil
}

// errThreadDropped is a bug of uprobe_multi in kernels 6.6 to 6.9: given a pid, it
// reports hits of the process's first thread only.
var errThreadDropped = fmt.Errorf("hits of some threads are not reported: %w", ebpf.ErrNotSupported)

// try probes a function of otwatch itself, and calls it on another thread than the
// process's first.
func (l *loaded) try() (err error) {
	function, err := findOwnFunction()
	if err != nil {
		return err
	}
	release, err := calibrationEntries(&l.objects)
	if err != nil {
		return err
	}
	defer release()
	probe, err := l.probeOwn(function, function.places[0])
	if err != nil {
		return err
	}
	onAnotherThread(func() { calibrationTarget(0) })
	if err := probe.Close(); err != nil {
		return err
	}
	var perCPU []bpfTargetCounters
	if err := l.objects.Counters.Lookup(uint32(os.Getpid()), &perCPU); err != nil {
		return err
	}
	for _, counters := range perCPU {
		if counters.Of[calibrationProbe].Hits > 0 {
			return nil
		}
	}
	return errThreadDropped
}

// probeOwn puts a counting probe on an instruction of otwatch itself.
func (l *loaded) probeOwn(function ownFunction, place placement) (io.Closer, error) {
	offset, err := function.binary.FileOffset(function.address + place.Offset)
	if err != nil {
		return nil, err
	}
	cookie := bpfCookie{Probe: calibrationProbe, Action: bpfActionACTION_COUNT}.word()
	own := spot{fileOffset: offset, address: function.loadedAt(place), cookie: cookie}
	executable, err := link.OpenExecutable("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	calls := &untrusted.Calls{Limit: linkLimit, Owner: uint32(os.Getuid())}
	return l.linker.link(calls, executable, os.Getpid(), bpfProgCount, []spot{own})
}

// onAnotherThread calls f on a thread that is not the process's first.
func onAnotherThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if unix.Gettid() == os.Getpid() {
			onAnotherThread(f) // this thread is locked, so it gets another one
			return
		}
		f()
	}()
	<-done
}
