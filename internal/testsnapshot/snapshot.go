// Package testsnapshot has Snapshots for tests.
package testsnapshot

import (
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Begin is when its interval begins.
var Begin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// Addresses of its exporters and processors, and the largest batch of those.
const (
	ExporterA, ExporterB   = 0xa000, 0xb000
	ProcessorA, ProcessorB = 0xa100, 0xb100
	BatchSize              = 512
)

// Processor is one that was read before and after, and exported some spans.
func Processor(address, provider uint64, before, after snapshot.Reading, exported uint64) snapshot.Processor {
	return snapshot.Processor{
		Address: address, Provider: provider, Exporter: ExporterA, Before: before, After: after, Peak: after.Queue, Exported: exported,
		Settings: snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: BatchSize, BatchTimeout: 5 * time.Second, ExportTimeout: 30 * time.Second},
	}
}

// Exporter is one whose exports took so long, each of 100 spans of which 10
// failed.
func Exporter(address uint64, component string, took ...time.Duration) snapshot.Exporter {
	e := snapshot.Exporter{Address: address, Component: component}
	for _, d := range took {
		e.Operations++
		e.Spans += 100
		e.Exported += 90
		e.Failed += 10
		e.MaxBatch = 100
		e.Latest = append(e.Latest, snapshot.Operation{Duration: d, Spans: 100, Failed: 10})
		e.Durations.Add(d)
	}
	return e
}

// Busy is a target of which everything is known that a Snapshot can hold.
func Busy() snapshot.Snapshot {
	first := Processor(ProcessorA, ProcessorA, snapshot.Reading{Queue: 20, Batch: 3, Dropped: 40}, snapshot.Reading{Queue: 310, Dropped: 45}, 180)
	first.Failed, first.Peak = 20, 1024
	second := Processor(ProcessorB, ProcessorA, snapshot.Reading{}, snapshot.Reading{Batch: 392}, 90)
	second.Index, second.Exporter, second.Failed, second.Settings.Blocking = 1, ExporterB, 10, true
	zipkin := Exporter(ExporterB, "zipkin_http_span_exporter", 40*time.Millisecond)
	zipkin.Errors, zipkin.Inflight = 1, 12
	return snapshot.Snapshot{
		Target: snapshot.Target{PID: 4711, StartTicks: 99, Exe: "/usr/local/bin/checkout", ServiceName: "checkout", GoVersion: "go1.26.8",
			SDKVersion: "v1.47.0", Arch: "amd64", Stripped: true, ContainerID: "3f2a9c7d51e0"},
		Start: Begin, Elapsed: 2500 * time.Millisecond,
		Building: snapshot.Building{Observed: time.Minute, Whole: true, Sites: []snapshot.BuildSite{{
			Kind: "TracerProvider", Site: snapshot.Frame{Function: "main.reload", File: "/src/main.go", Line: 42},
			Built: 5, Stopped: 4, First: 50 * time.Second, Last: 5 * time.Second, Growing: 50 * time.Second, Still: 4 * time.Second, Later: 2,
		}}},
		Goroutines: snapshot.Goroutines{Readings: []snapshot.GoroutineReading{
			{At: Begin.Add(-40 * time.Second), Listed: 150, Looked: 150, Living: []snapshot.LivingKind{
				{Kind: "batch span processor", Count: 2}, {Kind: "gRPC client connection", Count: 3},
			}},
			{At: Begin, Listed: 9000, Looked: 3000, Living: []snapshot.LivingKind{
				{Kind: "batch span processor", Count: 1}, {Kind: "gRPC client connection", Count: 2},
			}},
		}},
		Foreign: snapshot.Foreign{Looked: true, Places: 3, Functions: []snapshot.ForeignFunction{{Name: "net/http.serverHandler.ServeHTTP", Places: 2}, {Name: "runtime.casgstatus", Places: 1}}},
		Kept: snapshot.Kept{Looked: true, Age: time.Hour, Lists: []snapshot.KeptList{{
			KeptReading: snapshot.KeptReading{Where: "main.audit.spans", Of: "trace.ReadOnlySpan", Exported: true, Entries: 5000, Read: 16},
			Before:      4000, Rising: 40 * time.Second, Still: 2 * time.Second, Falls: 1,
		}}},
		Counts: []snapshot.Count{
			{Probe: "start", Calls: 500, Whole: true},
			{Probe: "end", Calls: 490, Whole: true},
			{Probe: "recording", Calls: 496, Whole: true},
			{Probe: "retry", Calls: 3, Whole: true},
		},
		Exports:    []snapshot.Exporter{Exporter(ExporterA, "otlp_grpc_span_exporter", 8*time.Millisecond, 14*time.Millisecond), zipkin},
		Processors: []snapshot.Processor{first, second},
		Process:    snapshot.Process{CPU: 6550 * time.Millisecond, RSS: 182e6},
		Scheduling: snapshot.Scheduling{
			Quota:   snapshot.Quota{CPUs: 4, Periods: 25, Throttled: 4, Withheld: 130 * time.Millisecond},
			Threads: snapshot.Threads{Ran: 6500 * time.Millisecond, Waited: 325 * time.Millisecond},
		},
		Names: snapshot.Names{
			List: []snapshot.Name{
				{Scope: "checkout", Name: "price", Read: 100, Spans: 200, Attributes: 680},
				{Scope: "checkout", Name: "GET /cart", Read: 50, Spans: 100, Attributes: 1100, LocalRoots: 100},
			},
			Overflow: snapshot.Name{Read: 10, Spans: 20, LocalRoots: 12}, Squares: 640,
		},
		Values: []snapshot.Values{{Key: "http.route", Read: 256, Distinct: 4}, {Key: "url.path", Read: 200, Distinct: 180, Once: 165, Twice: 12}},
		Probing: snapshot.Probing{Hits: 996, Windows: 1, Unmatched: 1, TargetCPU: 6 * time.Millisecond, AgentCPU: 3 * time.Millisecond,
			AgentRSS: 31e6, Budget: 0.01},
	}
}

// Stack is a stack of functions, the leaf first.
func Stack(n uint64, functions ...string) snapshot.Stack {
	var frames []*snapshot.Frame
	for _, function := range functions {
		frames = append(frames, &snapshot.Frame{Function: function})
	}
	return snapshot.NewStack(n, frames...)
}

// Merged is one Snapshot for several of one target that follow each other.
func Merged(parts []snapshot.Snapshot) snapshot.Snapshot {
	var total snapshot.Total
	for _, part := range parts {
		total.Add(part)
	}
	return total.Snapshot()
}
