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

	"github.com/otwatch/otwatch/internal/untrusted"
)

// cookieLinkage is a perf event for each spot. Since kernel 5.15.
var cookieLinkage = linkage{
	name: "perf events",
	missing: func() error {
		return features.HaveProgramHelper(ebpf.Kprobe, asm.FnGetAttachCookie)
	},
	prepare: forPerfEvents,
	linker:  func(o *bpfObjects) linker { return cookieLinker(programsOf(o)) },
}

// forPerfEvents adapts programs that were compiled for uprobe_multi to perf events, which
// would refuse them.
func forPerfEvents(spec *ebpf.CollectionSpec) error {
	for _, program := range spec.Programs {
		program.AttachType = ebpf.AttachNone
	}
	return nil
}

type cookieLinker programs

func (c cookieLinker) link(calls *untrusted.Calls, executable *link.Executable, pid int, program string, spots []spot) (links, error) {
	return linkPerf(calls, spots, func(s spot) (link.Link, error) {
		return executable.Uprobe("", c[program], &link.UprobeOptions{Address: s.fileOffset, PID: pid, Cookie: s.cookie})
	})
}

func (cookieLinker) forget(int, string, []spot) {}

// linkPerf links one spot after the other. If one fails, all are unlinked.
func linkPerf(calls *untrusted.Calls, spots []spot, one func(spot) (link.Link, error)) (links, error) {
	var made links
	for _, s := range spots {
		l, err := linkWithin(calls, func() (link.Link, error) { return one(s) })
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
