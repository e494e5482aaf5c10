package budget

import (
	"testing"
	"time"
)

// life is a target under a simulated clock: its use of the CPU, and what hits of
// two groups cost it while they are open.
type life struct {
	controller *Controller
	usage      Usage
	cpu        float64    // cores that the target uses
	sampling   float64    // cores that sampling adds
	cost       [2]float64 // cores that each group adds while it is open
	open       [2]bool
	limits     []time.Duration
	past       []Usage
}

const step = 100 * time.Millisecond

func newLife(share float64) *life {
	l := &life{controller: New(share, 0), usage: Usage{Spent: make([]time.Duration, 2)}, open: [2]bool{true, true}}
	l.limits = l.controller.Limits(l.copy())
	return l
}

func (l *life) copy() Usage {
	u := l.usage
	u.Spent = append([]time.Duration{}, u.Spent...)
	return u
}

// live lets time pass. A group is shut in the step in which it reaches its
// limit, which the kernel cuts off, and opened again when it has 1 ms to spend.
func (l *life) live(d time.Duration) {
	for end := l.usage.Elapsed + d; l.usage.Elapsed < end; {
		l.usage.Elapsed += step
		l.usage.TargetCPU += scale(step, l.cpu)
		l.usage.Sampling += scale(step, l.sampling)
		for g := range l.open {
			if l.open[g] {
				l.usage.Spent[g] = min(l.usage.Spent[g]+scale(step, l.cost[g]), l.limits[g])
			}
			l.open[g] = l.usage.Spent[g]+time.Millisecond <= l.limits[g] || l.open[g] && l.usage.Spent[g] < l.limits[g]
		}
		l.limits = l.controller.Limits(l.copy())
		l.past = append(l.past, l.copy())
	}
}

func scale(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// worst is the most that was spent within any Window, as a share of one core.
func (l *life) worst() float64 {
	worst := time.Duration(0)
	steps := int(Window / step)
	for i := steps; i < len(l.past); i++ {
		from, to := l.past[i-steps], l.past[i]
		spent := to.Sampling - from.Sampling
		for g := range to.Spent {
			spent += to.Spent[g] - from.Spent[g]
		}
		worst = max(worst, spent)
	}
	return worst.Seconds() / Window.Seconds()
}

func TestSpendingStaysWithinTheBudget(t *testing.T) {
	tests := []struct {
		name     string
		cpu      float64
		sampling float64
		cost     [2]float64
		budget   float64 // share of a core
	}{
		{"idle, hardly any spans", 0.001, 0, [2]float64{0.00001, 0.0001}, Floor},
		{"idle, hot probes too dear", 0.001, 0, [2]float64{0.0001, 0.05}, Floor},
		{"busy core, hot probes far too dear", 1, 0.0025, [2]float64{0.002, 2}, 0.01},
		{"two busy cores", 2, 0.005, [2]float64{0.002, 0.5}, 0.02},
		{"every probe too dear", 0.5, 0.001, [2]float64{0.3, 0.3}, 0.005},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLife(0.01)
			l.cpu, l.sampling, l.cost = test.cpu, test.sampling, test.cost
			l.live(time.Hour)
			// The hot group may spend a hotPart of what was left before the
			// first group did.
			if worst, most := l.worst(), test.budget*(1+1.0/hotPart); worst > most*1.01 {
				t.Errorf("%.5f of a core was spent over some 10 s, more than %.5f", worst, most)
			}
		})
	}
}

func TestABurstIsCutOffAndForgiven(t *testing.T) {
	l := newLife(0.01)
	l.cpu, l.cost = 1, [2]float64{0.001, 0.001}
	l.live(time.Minute)
	if !l.open[0] || !l.open[1] {
		t.Fatal("a group is shut that costs a tenth of the budget")
	}
	l.cost[1] = 0.1
	l.live(time.Second)
	if l.open[1] || !l.open[0] {
		t.Errorf("open %v in a burst of the second group, want the first alone", l.open)
	}
	l.cost[1] = 0.001
	l.live(2 * Window)
	if !l.open[0] || !l.open[1] {
		t.Errorf("open %v after the burst, want both", l.open)
	}
}

func TestWithoutLimit(t *testing.T) {
	l := newLife(Unlimited)
	l.cpu, l.cost = 0.1, [2]float64{5, 5}
	l.live(time.Minute)
	if !l.open[0] || !l.open[1] {
		t.Errorf("open %v without a limit, want both", l.open)
	}
}

func TestLimitsNeverFallBelowWhatIsSpent(t *testing.T) {
	l := newLife(0.01)
	l.cpu, l.cost = 1, [2]float64{0.1, 0.1}
	for range 100 {
		l.live(time.Second)
		for g, limit := range l.limits {
			if limit < l.usage.Spent[g] {
				t.Fatalf("group %d has spent %v and may spend %v", g, l.usage.Spent[g], limit)
			}
		}
	}
}
