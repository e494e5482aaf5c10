package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// machine is how qemu makes one architecture's.
type machine struct {
	program string
	args    []string
	console string
}

// machines by GOARCH. Emulated pointer authentication costs a factor of two, so
// arm64 uses a cheap stand-in.
var machines = map[string]machine{
	"amd64": {"qemu-system-x86_64", []string{"-machine", "pc", "-cpu", "max"}, "ttyS0"},
	"arm64": {"qemu-system-aarch64", []string{"-machine", "virt", "-cpu", "max,pauth-impdef=on"}, "ttyAMA0"},
}

const (
	// bootLimit bounds a machine; one takes about seven minutes beside another, and
	// more where other programs run.
	bootLimit = 20 * time.Minute
	// silenceLimit bounds a machine that hangs. Every test says when it begins.
	silenceLimit = 4 * time.Minute
)

// boot runs a kernel with an initramfs until it switches itself off, and returns
// what came of the tests. The console goes to log.
func boot(ctx context.Context, arch, vmlinuz, initramfs string, log io.Writer) (outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, bootLimit, fmt.Errorf("not finished within %v", bootLimit))
	defer cancel()
	ctx, dog := watchConsole(ctx, silenceLimit)
	defer dog.stop()
	m := machines[arch]
	// What the kernel says goes into the midst of what tests say: at this level it
	// says nothing but what it dies of, with all that led to it.
	args := append([]string{"-smp", "2", "-m", "1G", "-nographic", "-nodefaults", "-serial", "stdio", "-no-reboot", "-net", "none",
		"-kernel", vmlinuz, "-initrd", initramfs,
		"-append", "console=" + m.console + " panic=-1 loglevel=1 mitigations=off"}, m.args...)
	qemu := exec.CommandContext(ctx, m.program, append(args, accelerator(arch)...)...)
	var console bytes.Buffer
	qemu.Stdout, qemu.Stderr = io.MultiWriter(&console, log, dog), log
	if err := qemu.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return parseConsole(&console), fmt.Errorf("%s: %w", m.program, err)
	}
	return parseConsole(&console), nil
}

// accelerator is emulation, which works everywhere, unless ACCEL=kvm asks for
// KVM for this machine's own architecture. That /dev/kvm is there proves nothing:
// on a host that is a virtual machine itself it may hang.
func accelerator(arch string) []string {
	if os.Getenv("ACCEL") == "kvm" && arch == runtime.GOARCH {
		return []string{"-accel", "kvm"}
	}
	return []string{"-accel", "tcg,thread=single"}
}
