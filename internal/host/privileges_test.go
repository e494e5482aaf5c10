package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestKept(t *testing.T) {
	const always = 1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON | 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_DAC_READ_SEARCH
	tests := []struct {
		name string
		keep Kept
		want uint64
	}{
		{"uprobe_multi", Kept{}, always},
		{"perf events", Kept{PerfEvents: true}, always | 1<<unix.CAP_SYS_ADMIN},
		{"a profile at the end", Kept{Files: true}, always | 1<<unix.CAP_DAC_OVERRIDE},
	}
	for _, test := range tests {
		if got := test.keep.mask(); got != test.want {
			t.Errorf("%s: %#x, want %#x", test.name, got, test.want)
		}
	}
}
