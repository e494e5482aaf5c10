package testtarget

import (
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// Uprobe puts a uprobe at the beginning of functions of a process, as another tool does. They are
// removed with the test. The program must have its symbols.
func Uprobe(t *testing.T, pid int, functions ...string) {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Kprobe, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	executable, err := link.OpenExecutable(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		probe, err := executable.Uprobe(name, program, &link.UprobeOptions{PID: pid})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { probe.Close() })
	}
}
