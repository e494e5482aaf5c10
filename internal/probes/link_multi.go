package probes

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
)

// multiLinkage is one link for any number of spots, which are linked and unlinked within
// tens of milliseconds. Kernels have it since 6.6; it works correctly since 6.10.
var multiLinkage = linkage{
	name:    "uprobe_multi",
	missing: features.HaveBPFLinkUprobeMulti,
	prepare: func(*ebpf.CollectionSpec) error { return nil },
	linker: func(_ *ebpf.CollectionSpec, loaded *ebpf.Collection) linker {
		return multiLinker(loaded.Programs)
	},
}

// multiLinker has the programs by name.
type multiLinker map[string]*ebpf.Program

func (m multiLinker) link(path string, pid int, program string, spots []spot) (links, error) {
	executable, err := link.OpenExecutable(path)
	if err != nil {
		return nil, err
	}
	options := link.UprobeMultiOptions{PID: uint32(pid)}
	for _, s := range spots {
		options.Addresses = append(options.Addresses, s.fileOffset)
		options.Cookies = append(options.Cookies, s.cookie)
	}
	l, err := executable.UprobeMulti(nil, m[program], &options)
	if err != nil {
		return nil, err
	}
	return links{l}, nil
}

func (m multiLinker) Close() error { return nil } // the session's objects own the programs
