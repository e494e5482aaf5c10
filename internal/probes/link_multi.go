package probes

import (
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
)

// multiLinkage is one link for any number of spots: it comes and goes in tens of
// milliseconds. Since kernel 6.6; it works as it should since 6.10.
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

func (m multiLinker) link(path string, pid int, program string, spots []spot) (io.Closer, error) {
	executable, err := link.OpenExecutable(path)
	if err != nil {
		return nil, err
	}
	options := link.UprobeMultiOptions{PID: uint32(pid)}
	for _, s := range spots {
		options.Addresses = append(options.Addresses, s.fileOffset)
		options.Cookies = append(options.Cookies, s.cookie)
	}
	return executable.UprobeMulti(nil, m[program], &options)
}

func (m multiLinker) Close() error { return nil } // the session's objects own the programs
