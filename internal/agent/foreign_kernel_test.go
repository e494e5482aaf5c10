package agent

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// probeAsAnotherTool puts a uprobe at the beginning of functions of a process.
func probeAsAnotherTool(t *testing.T, pid int, functions ...string) {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Kprobe, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	process, err := target.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	path, err := process.ProbePath()
	if err != nil {
		t.Fatal(err)
	}
	executable, err := link.OpenExecutable(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := process.Binary.Functions(functions...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		offset, err := process.Binary.FileOffset(found[name][0].Address)
		if err != nil {
			t.Fatal(err)
		}
		probe, err := executable.Uprobe("", program, &link.UprobeOptions{Address: offset, PID: pid})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { probe.Close() })
	}
}

// TestForeignProbes has uprobes of another tool on the same functions: otwatch counts as exactly as
// without them, and finds them. Beside another otwatch, it finds none.
func TestForeignProbes(t *testing.T) {
	const spans = 2003
	functions := []string{
		"go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End",
		"go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).exportSpans",
	}
	run := func(t *testing.T, prepare func(pid int)) report.ForeignProbes {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "2003", "-rate", "1500")
		prepare(program.PID())
		w := startWatch(t, newSession(t), program.PID(), 1)
		program.Begin()
		program.AwaitLoad()
		totals := program.Shutdown()
		program.Exit()
		r := w.finalReport()
		checkCounts(t, r, totals, 1)
		exact(t, "started", r.Spans.Started, spans)
		if r.ForeignProbes == nil {
			t.Fatal("it was not looked for foreign probes")
		}
		return *r.ForeignProbes
	}
	t.Run("of another tool", func(t *testing.T) {
		found := run(t, func(pid int) { probeAsAnotherTool(t, pid, functions...) })
		if found.Places != uint64(len(functions)) || len(found.Functions) != len(functions) || found.Debugger != "" {
			t.Errorf("%+v, want a place in each of %q", found, functions)
		}
	})
	t.Run("of another otwatch", func(t *testing.T) {
		if found := run(t, func(pid int) { startWatch(t, newSession(t), pid, 1) }); found.Places != 0 {
			t.Errorf("%+v, want none", found)
		}
	})
}
