package agent

import (
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

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
		found := run(t, func(pid int) { testtarget.Uprobe(t, pid, functions...) })
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
