package probes

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// cookieLinkage is a perf event for each spot. Since kernel 5.15.
var cookieLinkage = linkage{
	name: "perf events",
	missing: func() error {
		return features.HaveProgramHelper(ebpf.Kprobe, asm.FnGetAttachCookie)
	},
	prepare: forPerfEvents,
	linker: func(_ *ebpf.CollectionSpec, loaded *ebpf.Collection) linker {
		return cookieLinker(loaded.Programs)
	},
}

// forPerfEvents adapts programs that were compiled for uprobe_multi to perf events, which
// would refuse them.
func forPerfEvents(spec *ebpf.CollectionSpec) error {
	for _, program := range spec.Programs {
		program.AttachType = ebpf.AttachNone
	}
	return nil
}

// cookieLinker has the programs by name.
type cookieLinker map[string]*ebpf.Program

func (c cookieLinker) link(path string, pid int, program string, spots []spot) (links, error) {
	return linkPerf(path, spots, func(executable *link.Executable, s spot) (link.Link, error) {
		return executable.Uprobe("", c[program], &link.UprobeOptions{Address: s.fileOffset, PID: pid, Cookie: s.cookie})
	})
}

func (c cookieLinker) Close() error { return nil } // the session's objects own the programs

// linkPerf links one spot after the other. If one fails, all are unlinked.
func linkPerf(path string, spots []spot, one func(*link.Executable, spot) (link.Link, error)) (links, error) {
	executable, err := link.OpenExecutable(path)
	if err != nil {
		return nil, err
	}
	var made links
	for _, s := range spots {
		l, err := one(executable, s)
		switch {
		case errors.Is(err, unix.ESRCH): // as uprobe_multi says it
			err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
		case errors.Is(err, fs.ErrPermission):
			err = fmt.Errorf("%w; most kernels require CAP_SYS_ADMIN for it", err)
		}
		if err != nil {
			return nil, errors.Join(err, made.Close())
		}
		made = append(made, l)
	}
	return made, nil
}
