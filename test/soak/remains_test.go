package soak

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// object is something of BPF's in the kernel, by its kind, as /proc/PID/fdinfo
// calls it, and its number, which the kernel does not give again.
type object struct {
	kind string
	id   uint32
}

// lookups find an object again as long as anything holds it.
var lookups = map[string]func(uint32) error{
	"prog_id": func(id uint32) error {
		p, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
		return closed(p, err)
	},
	"map_id": func(id uint32) error {
		m, err := ebpf.NewMapFromID(ebpf.MapID(id))
		return closed(m, err)
	},
	"link_id": func(id uint32) error {
		l, err := link.NewFromID(link.ID(id))
		return closed(l, err)
	},
}

func closed(object interface{ Close() error }, err error) error {
	if err != nil {
		return err
	}
	return object.Close()
}

// held collects the objects that this process holds, or has held and the kernel
// still has.
type held struct {
	mu      sync.Mutex
	objects map[object]bool
	seen    map[string]int // how many there have been, by kind
}

// note adds what the process holds now, and forgets what is gone. A descriptor
// that is closed meanwhile is none of it.
func (h *held) note() error {
	descriptors, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		return err
	}
	h.mu.Lock()
	for _, path := range descriptors {
		if info, err := os.ReadFile(path); err == nil {
			h.add(string(info))
		}
	}
	h.mu.Unlock()
	_, err = h.remaining()
	return err
}

// add takes in lines such as
//
//	link_type:	uprobe_multi
//	link_id:	17
//	prog_id:	2311
func (h *held) add(fdinfo string) {
	for line := range strings.Lines(fdinfo) {
		kind, value, _ := strings.Cut(line, ":")
		if lookups[kind] == nil {
			continue
		}
		id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
		if o := (object{strings.Clone(kind), uint32(id)}); err == nil && !h.objects[o] {
			h.objects[o] = true
			h.seen[o.kind]++
		}
	}
}

// remaining lists the objects that are still in the kernel.
func (h *held) remaining() ([]object, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var left []object
	for o := range h.objects {
		switch err := lookups[o.kind](o.id); {
		case err == nil:
			left = append(left, o)
		case errors.Is(err, os.ErrNotExist):
			delete(h.objects, o)
		default:
			return nil, fmt.Errorf("look for %s %d: %w", o.kind, o.id, err)
		}
	}
	return left, nil
}

// usage is what this process holds of everything else that could leak.
type usage struct {
	descriptors, goroutines int
	heap, rss               uint64 // bytes
	pinned                  int
}

func (u usage) String() string {
	return fmt.Sprintf("%d descriptors, %d goroutines, heap %.1f MiB, RSS %.1f MiB, %d pinned objects",
		u.descriptors, u.goroutines, float64(u.heap)/(1<<20), float64(u.rss)/(1<<20), u.pinned)
}

func measure() (usage, error) {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return usage{}, err
	}
	rss, err := residentBytes()
	if err != nil {
		return usage{}, err
	}
	pinned, err := pinnedObjects()
	return usage{len(descriptors), runtime.NumGoroutine(), memory.HeapAlloc, rss, pinned}, err
}

// residentBytes reads the line of /proc/self/status that looks like
//
//	VmRSS:	   12345 kB
func residentBytes() (uint64, error) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseUint(strings.Fields(value)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc/self/status has no line VmRSS")
}

// pinnedObjects counts what is pinned in the BPF file system, if there is one.
func pinnedObjects() (n int, err error) {
	err = filepath.WalkDir("/sys/fs/bpf", func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	return n, err
}
