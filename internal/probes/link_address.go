package probes

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// onlyCookie is the constant of bpf/probes.bpf.c that holds the cookie of the only probe
// that a program is for.
const onlyCookie = "only_cookie"

// onlyLinkage is a perf event and a program of its own for each spot. It is for kernels
// before 5.15, where links have no cookies.
var onlyLinkage = linkage{
	name:    "perf events, a program each",
	missing: func() error { return nil },
	prepare: func(spec *ebpf.CollectionSpec) error {
		// No probe's cookie, but as good as one for loading what is never linked.
		return errors.Join(forPerfEvents(spec), spec.Variables[onlyCookie].Set(^uint64(0)))
	},
	linker: func(spec *ebpf.CollectionSpec, loaded *ebpf.Collection) linker {
		shared := map[string]*ebpf.Map{}
		for name, m := range loaded.Maps {
			if !strings.HasPrefix(name, ".") { // a section of data, each program's own
				shared[name] = m
			}
		}
		return &onlyLinker{spec: spec, shared: shared, programs: map[onlyKey]*ebpf.Program{}}
	},
}

// onlyKey is a program with its constant.
type onlyKey struct {
	program string
	cookie  uint64
}

// onlyLinker loads a program when a spot first needs it. All targets share the programs.
type onlyLinker struct {
	spec   *ebpf.CollectionSpec
	shared map[string]*ebpf.Map // the session's own

	mu       sync.Mutex
	programs map[onlyKey]*ebpf.Program
}

func (o *onlyLinker) link(path string, pid int, program string, spots []spot) (links, error) {
	return linkPerf(path, spots, func(executable *link.Executable, s spot) (link.Link, error) {
		p, err := o.program(onlyKey{program, s.cookie})
		if err != nil {
			return nil, err
		}
		return executable.Uprobe("", p, &link.UprobeOptions{Address: s.fileOffset, PID: pid})
	})
}

// program returns the program with the key's constant.
func (o *onlyLinker) program(key onlyKey) (*ebpf.Program, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.programs[key]; p != nil {
		return p, nil
	}
	spec := o.spec.Copy()
	spec.Programs = map[string]*ebpf.ProgramSpec{key.program: spec.Programs[key.program]}
	if err := spec.Variables[onlyCookie].Set(key.cookie); err != nil {
		return nil, fmt.Errorf("set the cookie of program %s: %w", key.program, err)
	}
	collection, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: o.shared})
	if err != nil {
		return nil, fmt.Errorf("load program %s for one probe: %w", key.program, err)
	}
	defer collection.Close()
	p := collection.DetachProgram(key.program)
	o.programs[key] = p
	return p, nil
}

func (o *onlyLinker) Close() error {
	var errs []error
	for _, p := range o.programs {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}
