package whatif

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/internal/snapshot"
)

var (
	update = flag.Bool("update", false, "write what was measured into docs/whatif.md")
	wall   = flag.Bool("wall", false, "run the real processor on the machine's clock too; nothing else may be running")
)

const (
	gridInterval = 50 * time.Millisecond
	gridLength   = 20 * time.Second // of the bubble's clock
	wallLength   = 2 * time.Second
	// wallLate is how late the load may be at worst for a cell to count: a later
	// one ended its spans in other bursts than the observation tells.
	wallLate  = 15 * time.Millisecond
	wallTries = 5
)

// program is a load and an exporter, run with several settings.
type program struct {
	name           string
	rate           float64 // spans a second, ending at random moments
	burst          float64 // times the rate, in 100 of every 500 ms; else 1
	fixed, perSpan time.Duration
	slowEvery      int // each such export takes five times as long; 0: none
	settings       []snapshot.Settings
}

var programs = []program{
	{name: "4,000/s, exports of 100 ms", rate: 4000, burst: 1, fixed: 100 * time.Millisecond, settings: []snapshot.Settings{
		settings(512, 256, time.Second), settings(2048, 256, time.Second),
		settings(512, 512, time.Second), settings(2048, 512, 150*time.Millisecond),
	}},
	{name: "6,000/s, 30 ms + 50 µs a span", rate: 6000, burst: 1, fixed: 30 * time.Millisecond, perSpan: 50 * time.Microsecond, settings: []snapshot.Settings{
		settings(2048, 400, 100*time.Millisecond), settings(1024, 200, 100*time.Millisecond),
		settings(1024, 100, time.Second), settings(4096, 800, time.Second),
	}},
	{name: "bursts of 10,000/s, 50 ms + 50 µs a span", rate: 2000, burst: 5, fixed: 50 * time.Millisecond, perSpan: 50 * time.Microsecond, settings: []snapshot.Settings{
		settings(512, 256, 150*time.Millisecond), settings(1024, 256, 200*time.Millisecond),
		settings(2048, 512, 200*time.Millisecond), settings(256, 128, time.Second),
	}},
	{name: "3,000/s, exports of 40 ms, every 8th 200 ms", rate: 3000, burst: 1, fixed: 40 * time.Millisecond, slowEvery: 8, settings: []snapshot.Settings{
		settings(256, 128, time.Second), settings(512, 256, time.Second), settings(2048, 256, time.Second),
		settings(2048, 512, 300*time.Millisecond),
	}},
}

// measured is what a real processor did, and what an observer saw of it.
type measured struct {
	program  program
	settings snapshot.Settings
	load     Load
	drops    float64
	peak     int
}

// TestAgainstTheProcessor runs the SDK's own batch processor and compares it
// with a replay of what was observed of it, and with a forecast from the first
// of the program's settings. The clock is the bubble's, so that no other work on
// the machine delays the load.
func TestAgainstTheProcessor(t *testing.T) {
	grid := newGrid()
	for i, program := range programs {
		for j, settings := range program.settings {
			synctest.Test(t, func(*testing.T) { grid[i][j], _ = run(program, settings, gridLength) })
		}
	}
	checkGrid(t, "grid", grid)
	if *wall {
		checkOnTheWallClock(t)
	}
}

// checkOnTheWallClock does the same without a bubble.
func checkOnTheWallClock(t *testing.T) {
	grid := newGrid()
	var running sync.WaitGroup
	for i, program := range programs {
		for j, settings := range program.settings {
			running.Go(func() { grid[i][j] = runUndisturbed(t, program, settings) })
		}
	}
	running.Wait()
	if !t.Failed() {
		checkGrid(t, "wall", grid)
	}
}

// newGrid has room for each program under each of its settings.
func newGrid() [][]measured {
	grid := make([][]measured, len(programs))
	for i, program := range programs {
		grid[i] = make([]measured, len(program.settings))
	}
	return grid
}

// checkGrid compares each cell with its replay and its forecast.
func checkGrid(t *testing.T, name string, grid [][]measured) {
	var rows []string
	for _, cells := range grid {
		for _, cell := range cells {
			replayed := mustForecast(t, cell.load, cell.settings)
			forecast := mustForecast(t, cells[0].load, cell.settings)
			rows = append(rows, row(cell, replayed, forecast))
			t.Run(fmt.Sprintf("%s %d/%d", cell.program.name, cell.settings.MaxQueueSize, cell.settings.MaxExportBatchSize), func(t *testing.T) {
				checkBetween(t, "replayed", cell, replayed.Expected, replayed.Expected)
				checkBetween(t, "forecast", cell, forecast.Best, forecast.Worst)
			})
		}
	}
	table := strings.Join(rows, "\n")
	t.Log("\n" + table)
	if *update {
		writeTable(t, name, table)
	}
}

// checkBetween holds a forecast to the project's limits: drops within 2 points,
// the queue's peak within 10 %.
func checkBetween(t *testing.T, what string, real measured, best, worst Outcome) {
	t.Helper()
	if real.drops < best.Drops-0.02 || real.drops > worst.Drops+0.02 {
		t.Errorf("%s drops %.3f to %.3f, really %.3f", what, best.Drops, worst.Drops, real.drops)
	}
	if p := float64(real.peak); p < 0.9*float64(best.QueuePeak) || p > 1.1*float64(worst.QueuePeak) {
		t.Errorf("%s peak %d to %d, really %d", what, best.QueuePeak, worst.QueuePeak, real.peak)
	}
}

func mustForecast(t *testing.T, load Load, settings snapshot.Settings) *Forecast {
	t.Helper()
	forecast, err := simulate(load, settings)
	if err != nil {
		t.Fatal(err)
	}
	return forecast
}

// runUndisturbed runs a program again until its load was not late.
func runUndisturbed(t *testing.T, program program, settings snapshot.Settings) measured {
	var late time.Duration
	for range wallTries {
		var m measured
		if m, late = run(program, settings, wallLength); late <= wallLate {
			return m
		}
	}
	t.Errorf("%s: this machine is too busy to tell: the load was %v late in the best of %d runs", program.name, late, wallTries)
	return measured{}
}

// run drives a real processor for a length of time, and says by how much the
// load was late at worst.
func run(program program, settings snapshot.Settings, length time.Duration) (measured, time.Duration) {
	exporter := &sleeper{program: program, watched: time.Now().Add(length)}
	processor := sdk.NewBatchSpanProcessor(exporter,
		sdk.WithMaxQueueSize(int(settings.MaxQueueSize)),
		sdk.WithMaxExportBatchSize(int(settings.MaxExportBatchSize)),
		sdk.WithBatchTimeout(settings.BatchTimeout))
	m := measured{program: program, settings: settings}
	m.load.Intervals = make([]Interval, length/gridInterval)
	for i := range m.load.Intervals {
		m.load.Intervals[i].Length = gridInterval
	}

	var ended uint64
	var late time.Duration
	start := time.Now()
	random := rand.New(rand.NewPCG(1, 2)) // every setting gets the same spans
	for at := program.next(random, 0); at < length; at = program.next(random, at) {
		time.Sleep(at - time.Since(start))
		now := time.Since(start)
		late = max(late, now-at)
		processor.OnEnd(span)
		m.peak = max(m.peak, queued(processor))
		m.load.Intervals[min(int(now/gridInterval), len(m.load.Intervals)-1)].Spans++
		ended++
	}
	processor.Shutdown(context.Background())
	m.load.Exports = exporter.exports
	m.drops = 1 - float64(exporter.spans)/float64(ended)
	return m, late
}

// queued is the number of spans in a processor's queue.
func queued(processor sdk.SpanProcessor) int {
	return reflect.ValueOf(processor).Elem().FieldByName("queue").Len()
}

// next is when the span after the one at a moment ends.
func (p program) next(random *rand.Rand, at time.Duration) time.Duration {
	rate := p.rate
	if at%(500*time.Millisecond) < 100*time.Millisecond {
		rate *= p.burst
	}
	return at + time.Duration(random.ExpFloat64()/rate*float64(time.Second))
}

// span is a sampled one.
var span = tracetest.SpanStub{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
	TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
})}.Snapshot()

// sleeper is an exporter that takes its time. Only the processor's goroutine
// calls it.
type sleeper struct {
	program program
	watched time.Time // until then, exports that begin are observed
	begun   int
	exports []Export
	spans   int
}

func (s *sleeper) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	start := time.Now()
	took := s.program.fixed + time.Duration(len(spans))*s.program.perSpan
	if n := s.program.slowEvery; n > 0 && s.begun%n == n-1 {
		took *= 5
	}
	s.begun++
	time.Sleep(took)
	if start.Before(s.watched) {
		s.exports = append(s.exports, Export{len(spans), time.Since(start)})
	}
	s.spans += len(spans)
	return nil
}

func (s *sleeper) Shutdown(context.Context) error { return nil }

// row is a line of docs/whatif.md.
func row(real measured, replayed, forecast *Forecast) string {
	s := real.settings
	return fmt.Sprintf("| %s | %d / %d / %v | %.1f | %.1f | %s | %d | %d | %s |", real.program.name,
		s.MaxQueueSize, s.MaxExportBatchSize, s.BatchTimeout,
		100*real.drops, 100*replayed.Expected.Drops, between("%.1f", 100*forecast.Best.Drops, 100*forecast.Worst.Drops),
		real.peak, replayed.Expected.QueuePeak, between("%.0f", float64(forecast.Best.QueuePeak), float64(forecast.Worst.QueuePeak)))
}

// between is one figure, or two where they differ.
func between(format string, low, high float64) string {
	a, b := fmt.Sprintf(format, low), fmt.Sprintf(format, high)
	if a == b {
		return a
	}
	return a + " – " + b
}

const document = "../../docs/whatif.md"

// writeTable replaces what stands between the marks of a name in the document.
func writeTable(t *testing.T, name, rows string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": written by go test -update -->\n", "\n<!-- end of "+name+" -->"
	before, rest, found := strings.Cut(string(text), begin)
	old, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatalf("%s has no marks %q and %q", document, begin, end)
	}
	lines := strings.SplitN(old, "\n", 3) // the table's two head lines stay
	text = []byte(before + begin + strings.Join(lines[:2], "\n") + "\n" + rows + end + after)
	if err := os.WriteFile(document, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
