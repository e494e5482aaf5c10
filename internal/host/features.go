package host

import (
	"errors"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
)

// Feature is something that a kernel may have.
type Feature struct {
	// What it is.
	Name string `json:"name"`
	// The kernel has it. Null if that could not be tried.
	Supported *bool `json:"supported"`
	// Why it could not be tried, or is not there. Empty if it is there.
	Why string `json:"why,omitempty"`
}

// featureRows are the features on which it depends how otwatch works.
var featureRows = []struct {
	name string
	have func() error
}{
	{"bpf", func() error { return features.HaveProgramType(ebpf.Kprobe) }},
	{"bpf_get_attach_cookie", func() error { return features.HaveProgramHelper(ebpf.Kprobe, asm.FnGetAttachCookie) }},
	{"uprobe_multi", features.HaveBPFLinkUprobeMulti},
}

// Features tries what the kernel has.
func Features() []Feature {
	all := make([]Feature, 0, len(featureRows))
	for _, row := range featureRows {
		f := Feature{Name: row.name}
		switch err := row.have(); {
		case err == nil:
			f.Supported = new(true)
		case errors.Is(err, ebpf.ErrNotSupported):
			f.Supported, f.Why = new(false), err.Error()
		default:
			f.Why = err.Error()
		}
		all = append(all, f)
	}
	return all
}
