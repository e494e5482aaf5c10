package hostile

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// A share of the CPU needs 100 samples, which the neighbour has after 35 s.
var together = flag.Duration("together", 45*time.Second, "how long to watch all hostile programs at once")

const (
	// alone is how long the neighbour is watched without them.
	alone = 40 * time.Second
	// togetherMemory is what is resident at most, in MiB.
	togetherMemory = 150
	// togetherCPU is what otwatch may use of one core, on the average, after startCPU
	// for the examination of all executables.
	togetherCPU, startCPU = 0.5, 10 * time.Second
)

// TestAllAtOnce watches a neighbour by itself, and then one among everything that means
// harm. Its figures must be the same.
func TestAllAtOnce(t *testing.T) {
	testtarget.NeedRoot(t)
	var before, among report.Report
	t.Run("alone", func(t *testing.T) { before = watchNeighbour(t, nil, alone) })
	t.Run("among all", func(t *testing.T) { among = watchNeighbour(t, crowd(), *together) })
	if t.Failed() {
		return
	}
	a, b := before.CPU.Tracing.Share, among.CPU.Tracing.Share
	switch {
	case a == nil || b == nil:
		t.Errorf("tracing's share is not claimed: alone %+v, among all %+v", a, b)
	case a.High < b.Low || b.High < a.Low:
		t.Errorf("tracing's share is %+v alone, %+v among all", *a, *b)
	default:
		t.Logf("tracing's share is %+v alone, %+v among all", *a, *b)
	}
}

// crowd are the hostile programs of all rows, each once.
func crowd() []program {
	var all []program
	seen := map[string]bool{}
	for _, r := range rows {
		for _, p := range r.hostile {
			key := fmt.Sprintf("%q%q%q", p.name, p.args, p.env)
			if r.harmless || seen[key] {
				continue
			}
			seen[key] = true
			// What is watched here is otwatch, and not the scheduler.
			p.humble, p.env = true, append(slices.Clone(p.env), "GOMAXPROCS=1")
			all = append(all, p)
		}
	}
	return all
}

// watchNeighbour plays a row that goes on for so long, and returns what it shows of
// the neighbour.
func watchNeighbour(t *testing.T, hostile []program, duration time.Duration) (r report.Report) {
	play(t, row{
		hostile: hostile, neighbour: true, load: duration - 8*time.Second,
		args: all(duration.String(), "--endpoint", "http://{collector}", "--record", "{dir}/all.rec"),
		env:  []string{"OTEL_METRIC_EXPORT_INTERVAL=5000"}, memory: togetherMemory, within: duration + 20*time.Second,
		then: func(s *scene) {
			state := s.watch.cmd.ProcessState
			used := state.UserTime() + state.SystemTime()
			t.Logf("otwatch used %v of CPU time, %.1f %% of a core", used.Round(time.Millisecond), 100*used.Seconds()/s.took.Seconds())
			if most := startCPU + time.Duration(togetherCPU*float64(duration)); used > most {
				t.Errorf("otwatch used %v of CPU time, want at most %v", used, most)
			}
			var err error
			if r, err = s.watch.report(s.neighbour.PID()); err != nil {
				t.Error(err)
			}
			recordedNeighbour(s)
		},
	})
	return r
}
