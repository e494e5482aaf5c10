package budget

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

const groups = 3

// scenario is hours of a target on a simulated clock: which CPU time it would use,
// and its groups of probes would add if nothing limited them, in cores.
type scenario struct {
	name  string
	share float64
	rare  int           // groups
	step  time.Duration // between two looks of the Controller
	hit   time.Duration // what one hit costs
	at    func(second int) (cpu float64, wanted [groups]float64)
	met   bool // nothing is to be limited
}

func steady(cpu float64, wanted ...float64) func(int) (float64, [groups]float64) {
	return func(int) (float64, [groups]float64) { return cpu, [groups]float64(wanted) }
}

// bursts is a hundredfold load for some seconds of every period.
func bursts(cpu float64, seconds, period int, wanted ...float64) func(int) (float64, [groups]float64) {
	return func(second int) (float64, [groups]float64) {
		load := [groups]float64(wanted)
		if second%period < period-seconds {
			return cpu, load
		}
		for g := range load {
			load[g] *= 100
		}
		return cpu * 100, load
	}
}

var scenarios = []scenario{
	{name: "idle", share: 0.01, at: steady(0.0005, 0.01, 0.01, 0.01)},
	{name: "idle and within the floor", share: 0.01, at: steady(0.0005, 0.0002, 0.0001, 0.0001), met: true},
	{name: "stopped", share: 0.01, at: steady(0, 0, 0, 0), met: true},
	{name: "busy", share: 0.01, at: steady(2, 0.1, 0.1, 0.1)},
	{name: "busy and within the budget", share: 0.01, at: steady(2, 0.01, 0.001, 0.001), met: true},
	{name: "busy, the rare probes alone", share: 0.01, at: steady(2, 0.1, 0, 0)},
	{name: "busy, the hot probes alone", share: 0.01, at: steady(2, 0, 0.1, 0.1)},
	{name: "busy, looked at four times a second", share: 0.01, step: 250 * time.Millisecond, at: steady(2, 0.1, 0.1, 0.1)},
	{name: "hits of a millisecond", share: 0.01, hit: time.Millisecond, at: steady(1, 0.1, 0.1, 0.1)},
	{name: "bursts of a hundred times", share: 0.01, at: bursts(0.02, 60, 600, 0.0005, 0.0005, 0.0005)},
	{name: "bursts of one second", share: 0.01, at: bursts(0.02, 1, 10, 0.002, 0.002, 0.002)},
	{name: "a fifth", share: 0.2, at: steady(1, 0.5, 0.5, 0.5)},
	{name: "no limit", share: Unlimited, at: steady(1, 0.5, 0.5, 0.5), met: true},
}

// moment is what had been used by some moment of it.
type moment struct {
	cpu    time.Duration
	spent  [groups]time.Duration
	wanted [groups]time.Duration
}

func (m moment) all() (sum time.Duration) {
	for _, spent := range m.spent {
		sum += spent
	}
	return sum
}

// run lets a scenario last for some hours under a Controller. A group is shut as soon as
// it has spent what it may, so that it passes that by less than one hit.
func run(t *testing.T, l scenario, hours int) []moment {
	t.Helper()
	controller := New(l.share, l.rare)
	var now moment
	moments := []moment{now}
	for elapsed := time.Duration(0); elapsed < time.Duration(hours)*time.Hour; elapsed += l.step {
		limits := controller.Limits(Usage{Elapsed: elapsed, TargetCPU: now.cpu, Spent: slices.Clone(now.spent[:])})
		if l.rare == 0 {
			checkLimits(t, elapsed, now.spent[:], limits)
		}
		cpu, wanted := l.at(int(elapsed / time.Second))
		now.cpu += time.Duration(cpu * float64(l.step))
		for g := range groups {
			want := time.Duration(wanted[g]*float64(l.step)) / l.hit
			may := (limits[g] - now.spent[g]) / l.hit
			if may*l.hit < limits[g]-now.spent[g] {
				may++
			}
			now.wanted[g] += want * l.hit
			now.spent[g] += min(want, may) * l.hit
			now.cpu += min(want, may) * l.hit
		}
		moments = append(moments, now)
		if t.Failed() {
			t.FailNow()
		}
	}
	return moments
}

// checkLimits checks what holds of limits at any moment.
func checkLimits(t *testing.T, elapsed time.Duration, spent, limits []time.Duration) {
	t.Helper()
	for g := range limits {
		if limits[g] < spent[g] {
			t.Errorf("at %v: group %d has a limit of %v, below the %v it has spent", elapsed, g, limits[g], spent[g])
		}
		if left, first := limits[g]-spent[g], limits[0]-spent[0]; left > first {
			t.Errorf("at %v: group %d may spend %v more where the first may only %v", elapsed, g, left, first)
		}
	}
}

// TestBudgetHoldsOverEveryWindow is the law: over any window the first group
// keeps to the allowance, and all together to twice that, give or take the one
// step by which a limit is behind.
func TestBudgetHoldsOverEveryWindow(t *testing.T) {
	for _, l := range scenarios {
		t.Run(l.name, func(t *testing.T) {
			l.step, l.hit = cmp.Or(l.step, time.Second), cmp.Or(l.hit, 10*time.Microsecond)
			moments := run(t, l, 3)
			last := moments[len(moments)-1]
			if met := last.spent == last.wanted; met != l.met {
				t.Errorf("spent %v of the %v wanted; all of it: %v, want %v", last.spent, last.wanted, met, l.met)
			}
			if l.share >= Unlimited {
				return
			}
			steps := int(Window / l.step)
			for i := steps + 1; i < len(moments); i++ {
				from, to := moments[i-steps], moments[i]
				allowed := allowance(l.share, to.cpu-from.cpu)
				step := l.hit + time.Duration(l.share*float64(from.cpu-moments[i-steps-1].cpu))
				if first := to.spent[0] - from.spent[0]; first > allowed+step {
					t.Fatalf("by step %d the first group spent %v within the window, want at most %v + %v", i, first, allowed, step)
				}
				if all := to.all() - from.all(); all > 2*(allowed+groups*step) {
					t.Fatalf("by step %d all groups spent %v within the window, want at most twice %v + %v", i, all, allowed, groups*step)
				}
			}
		})
	}
}

// TestRareGroupsOutlastTheFirst has a first group that wants more than there is, and two rare
// ones: what one wants fits into its part, and the other wants more than there is, too.
func TestRareGroupsOutlastTheFirst(t *testing.T) {
	for name, cpu := range map[string]float64{"idle": 0.0005, "busy": 2} {
		t.Run(name, func(t *testing.T) {
			allowed := max(0.01*cpu, Floor) // of a core
			modest := 0.9 * allowed / rarePart
			l := scenario{share: 0.01, rare: 2, step: time.Second, hit: 10 * time.Microsecond, at: steady(cpu, 1, modest, 1)}
			moments := run(t, l, 1)
			last := moments[len(moments)-1]
			if last.spent[1] != last.wanted[1] {
				t.Errorf("the modest one got %v of %v", last.spent[1], last.wanted[1])
			}
			for g, least := range []float64{0.8, 0, 0.9 / rarePart} {
				if got := last.spent[g].Hours() / allowed; got < least {
					t.Errorf("group %d got %.3f of the budget, want at least %.3f", g, got, least)
				}
			}
			// Rare groups may spend their parts just after the first has spent what it found left.
			if got, most := last.all().Hours()/allowed, 1.01*(1+2./rarePart); got > most {
				t.Errorf("all got %.3f of the budget, want at most %.3f", got, most)
			}
		})
	}
}

func allowance(share float64, cpu time.Duration) time.Duration {
	return max(time.Duration(share*float64(cpu)), time.Duration(Floor*float64(Window)))
}

// TestTheBudgetIsUsed rules out a Controller that keeps its budget by closing
// everything.
func TestTheBudgetIsUsed(t *testing.T) {
	for _, test := range []struct {
		name  string
		at    func(int) (float64, [groups]float64)
		cores float64 // what the first group is to get at least
	}{
		{"idle", steady(0.0005, 0.01, 0.01, 0.01), 0.9 * Floor},
		{"busy", steady(2, 0.1, 0.1, 0.1), 0.9 * 0.02},
	} {
		t.Run(test.name, func(t *testing.T) {
			moments := run(t, scenario{share: 0.01, step: time.Second, hit: 10 * time.Microsecond, at: test.at}, 1)
			if got := moments[len(moments)-1].spent[0].Hours(); got < test.cores {
				t.Errorf("the first group got %.4f of a core, want at least %.4f", got, test.cores)
			}
		})
	}
}

func TestLimitsOfOneMoment(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name  string
		share float64
		usage []Usage // one after another: the last one's limits count
		want  []time.Duration
	}{
		{"at the beginning: the floor", 0.01, []Usage{{Spent: []time.Duration{0, 0, 0}}},
			[]time.Duration{10 * ms, 2500 * time.Microsecond, 2500 * time.Microsecond}},
		{"no groups", 0.01, []Usage{{TargetCPU: time.Second}}, []time.Duration{}},
		{"a share of what the target used", 0.01, []Usage{{Elapsed: time.Second, TargetCPU: 4 * time.Second, Spent: []time.Duration{0, 0}}},
			[]time.Duration{40 * ms, 10 * ms}},
		{"the first has spent everything: later ones give way", 0.01,
			[]Usage{{Elapsed: time.Second, TargetCPU: 4 * time.Second, Spent: []time.Duration{40 * ms, 3 * ms}}},
			[]time.Duration{40 * ms, 3 * ms}},
		{"a later one has spent everything: the first does not", 0.01,
			[]Usage{{Elapsed: time.Second, TargetCPU: 4 * time.Second, Spent: []time.Duration{0, 40 * ms}}},
			[]time.Duration{40 * ms, 40 * ms}},
		{"sampling comes before both", 0.01,
			[]Usage{{Elapsed: time.Second, TargetCPU: 4 * time.Second, Sampling: 32 * ms, Spent: []time.Duration{0, 0}}},
			[]time.Duration{8 * ms, 2 * ms}},
		{"sampling takes everything", 0.01,
			[]Usage{{Elapsed: time.Second, TargetCPU: 4 * time.Second, Sampling: 50 * ms, Spent: []time.Duration{ms, 2 * ms}}},
			[]time.Duration{ms, 2 * ms}},
		{"too much was spent: limits stay where spending is", 0.01,
			[]Usage{{Elapsed: time.Second, Spent: []time.Duration{70 * ms, 30 * ms}}},
			[]time.Duration{70 * ms, 30 * ms}},
		{"ten seconds later it is forgotten", 0.01,
			[]Usage{{Elapsed: time.Second, Spent: []time.Duration{70 * ms, 30 * ms}}, {Elapsed: 11 * time.Second, Spent: []time.Duration{70 * ms, 30 * ms}}},
			[]time.Duration{80 * ms, 32500 * time.Microsecond}},
		{"just before it is not", 0.01,
			[]Usage{{Elapsed: time.Second, Spent: []time.Duration{70 * ms, 30 * ms}}, {Elapsed: 11*time.Second - 1, Spent: []time.Duration{70 * ms, 30 * ms}}},
			[]time.Duration{70 * ms, 30 * ms}},
		{"no limit", 1, []Usage{{Spent: []time.Duration{time.Hour, time.Hour}}}, []time.Duration{unlimited, unlimited}},
		{"more than no limit", 5, []Usage{{Spent: []time.Duration{time.Hour}}}, []time.Duration{unlimited}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			controller := New(test.share, 0)
			var got []time.Duration
			for _, usage := range test.usage {
				got = controller.Limits(usage)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestHistoryIsBounded keeps a Controller small however long a target lives.
func TestHistoryIsBounded(t *testing.T) {
	controller := New(0.01, 0)
	for second := range 24 * 3600 {
		controller.Limits(Usage{Elapsed: time.Duration(second) * time.Second, Spent: []time.Duration{0}})
	}
	if got := len(controller.history); got > 12 {
		t.Errorf("after a day %d moments are kept, want those of the window", got)
	}
}
