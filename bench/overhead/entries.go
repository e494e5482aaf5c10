package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
)

// entries observes a process as most tools do: with probes on the first
// instructions of Start and End, which the kernel single-steps. The program
// behind them does nothing, so what they add is the probes' own cost.
func entries(_ context.Context, pid int, executable string) (func() error, error) {
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil, fmt.Errorf("lift the limit on locked memory: %w; run as root", err)
	}
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Kprobe, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("load a BPF program: %w; run as root", err)
	}
	file, err := link.OpenExecutable(executable)
	if err != nil {
		return nil, errors.Join(err, program.Close())
	}
	var links []link.Link
	finish := func() error {
		var errs []error
		for _, l := range links {
			errs = append(errs, l.Close())
		}
		return errors.Join(append(errs, program.Close())...)
	}
	for _, symbol := range []string{startSymbol, endSymbol} {
		l, err := file.Uprobe(symbol, program, &link.UprobeOptions{PID: pid})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("attach to %s of pid %d: %w", symbol, pid, err), finish())
		}
		links = append(links, l)
	}
	return finish, nil
}
