package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/probes"
)

// TestCountedUntil has windows that were opened two hours ago.
func TestCountedUntil(t *testing.T) {
	for _, test := range []struct {
		name    string
		left    time.Duration
		crossed time.Duration // ago
		want    time.Duration // ago
	}{
		{"something is left", 1, time.Hour, 0},
		{"spent an hour ago", 0, time.Hour, time.Hour},
		{"spent in an earlier window, and the allowance fell", 0, 3 * time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := windows{probes: unprobed("none here")}
			w.groups[probes.Spans] = window{since: time.Now().Add(-2 * time.Hour), limit: time.Second}
			usage := probes.Usage{}
			usage.Spent[probes.Spans] = time.Second - test.left
			usage.CrossedNS[probes.Spans] = monotonicNS() - uint64(test.crossed)
			if ago := time.Since(w.countedUntil(probes.Spans, usage)); ago < test.want || ago > test.want+time.Minute {
				t.Errorf("it counted until %v ago, want %v", ago, test.want)
			}
		})
	}
}

// TestDropsAreNotCounted has the budget shut Components, or nearly so: drops that log processors
// report then are not added up. It spends on for as long as the program drops records.
func TestDropsAreNotCounted(t *testing.T) {
	const limit = time.Second
	for _, test := range []struct {
		name    string
		spent   time.Duration
		crossed uint64
		gaps    []string // in the interval, and in the next
		next    []string
	}{
		{"within the budget", limit / 2, 0, nil, nil},
		{"over the budget", limit, 5, []string{"pipelines.dropped", "flushes"}, []string{"pipelines.dropped", "flushes"}},
		{"over an allowance, before it got the next one", limit / 2, 5, []string{"pipelines.dropped"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := inPlace{open: map[probes.Group]bool{}}
			config := Config{Budget: 0.01}
			w := newWindows(p, probes.Cost{Emulated: time.Microsecond}, config.Budget, config, &hostLimit{}, accounting.NewComponents(nil, 0), func(bool) error { return nil })
			limits := make([]time.Duration, len(probes.Groups))
			for i := range limits {
				limits[i] = limit
			}
			if err := w.openAll(limits); err != nil {
				t.Fatal(err)
			}
			w.cycle = time.Now().Add(time.Hour) // it is not opened again
			start := time.Now()
			usage := probes.Usage{}
			usage.Spent[probes.Components], usage.CrossedNS[probes.Components] = test.spent, test.crossed
			for i, want := range [][]string{test.gaps, test.next} {
				shut, err := w.balance(usage, limits)
				if err != nil || len(shut) > 0 {
					t.Fatal(shut, err)
				}
				w.spend(usage)
				w.take(probes.Components, start, time.Now())
				start = time.Now()
				_, gaps := w.missing(config.Budget)
				var got []string
				for _, g := range gaps {
					got = append(got, g.What)
				}
				if !slices.Equal(got, want) {
					t.Errorf("interval %d: %v is missing, want %v", i, got, want)
				}
			}
		})
	}
}

// TestCyclesAreNotAllAsLong keeps windows from synchronising with what a program does
// periodically.
func TestCyclesAreNotAllAsLong(t *testing.T) {
	const cycles = 10_000
	w := windows{cycleTime: func() time.Duration { return windowCycle }}
	over := map[time.Duration]int{} // after so long
	for range cycles {
		w.beginCycle()
		begun := w.cycle
		for _, after := range []time.Duration{7, 8, 10, 12, 13} {
			w.cycle = begun.Add(-after * time.Second)
			if w.cycleOver() {
				over[after]++
			}
		}
	}
	if over[7] > 0 || over[13] < cycles {
		t.Errorf("%d of %d cycles are over after 7 s, %d after 13 s: want none, and all", over[7], cycles, over[13])
	}
	for after, want := range map[time.Duration]int{8: cycles / 10, 10: cycles / 2, 12: cycles * 9 / 10} {
		if got := over[after]; got < want-cycles/50 || got > want+cycles/50 {
			t.Errorf("%d of %d cycles are over after %d s, want about %d", got, cycles, after, want)
		}
	}
}
