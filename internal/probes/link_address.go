package probes

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxCookies is how many spots all targets together may have. Each is a perf event too.
const maxCookies = 1 << 15

// addressLinkage is a perf event for each spot, and a map of the spots' cookies by their
// addresses. It is for kernels before 5.15, where links have no cookies. A program for each
// cookie would do without the map, but the kernel verifies each program, some of them in a
// tenth of a second.
var addressLinkage = linkage{
	name:    "perf events, cookies by address",
	missing: func() error { return nil },
	prepare: func(spec *ebpf.CollectionSpec) error {
		spec.Maps[bpfMapCookies].MaxEntries = maxCookies
		return errors.Join(forPerfEvents(spec), spec.Variables[bpfVarCookiesByAddress].Set(true))
	},
	linker: func(o *bpfObjects) linker { return addressLinker{programsOf(o), o.Cookies} },
}

type addressLinker struct {
	programs
	cookies *ebpf.Map
}

func (a addressLinker) link(calls *untrusted.Calls, executable *link.Executable, pid int, program string, spots []spot) (links, error) {
	return linkPerf(calls, spots, func(s spot) (link.Link, error) {
		err := a.cookies.Put(cookieKey(pid, program, s), s.cookie)
		if errors.Is(err, unix.E2BIG) {
			err = fmt.Errorf("%w: %w", unix.ENOSPC, err)
		}
		if err != nil {
			return nil, fmt.Errorf("keep the cookie of a probe: %w", err)
		}
		return executable.Uprobe("", a.programs[program], &link.UprobeOptions{Address: s.fileOffset, PID: pid})
	})
}

func (a addressLinker) forget(pid int, program string, spots []spot) {
	for _, s := range spots {
		_ = a.cookies.Delete(cookieKey(pid, program, s)) // it may never have been linked
	}
}

func cookieKey(pid int, program string, s spot) bpfCookieKey {
	key := bpfCookieKey{Tgid: uint32(pid), Address: s.address}
	if program == bpfProgCount {
		key.Hot = 1
	}
	return key
}
