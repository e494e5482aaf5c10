package probes

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// multiLinkage is one link for any number of spots, which are linked and unlinked within
// tens of milliseconds. Kernels have it since 6.6; it works correctly since 6.10.
var multiLinkage = linkage{
	name:    "uprobe_multi",
	missing: features.HaveBPFLinkUprobeMulti,
	prepare: func(*ebpf.CollectionSpec) error { return nil },
	linker:  func(o *bpfObjects) linker { return multiLinker(programsOf(o)) },
}

type multiLinker programs

func (m multiLinker) link(calls *untrusted.Calls, executable *link.Executable, pid int, program string, spots []spot) (links, error) {
	options := link.UprobeMultiOptions{PID: uint32(pid)}
	for _, s := range spots {
		options.Addresses = append(options.Addresses, s.fileOffset)
		options.Cookies = append(options.Cookies, s.cookie)
	}
	l, err := linkWithin(calls, func() (link.Link, error) { return executable.UprobeMulti(nil, m[program], &options) })
	if err != nil {
		return nil, err
	}
	return links{l}, nil
}

func (multiLinker) forget(int, string, []spot) {}
