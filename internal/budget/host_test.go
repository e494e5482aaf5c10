package budget

import (
	"math/rand/v2"
	"testing"
	"time"
)

const hostStep = 250 * time.Millisecond

// crowd is the targets of a host on a simulated clock.
type crowd struct {
	name     string
	targets  int
	share    float64 // of the host, which has two cores
	cpu      float64 // cores that each target uses
	wants    float64 // cores that each group's hits would add, unlimited
	hot      float64 // and those of the groups that do not stand, if not 0
	turnover bool    // targets come and go
	met      bool    // what they want is to be had
}

var crowds = []crowd{
	{name: "one, idle", targets: 1, share: 0.01, cpu: 0.001, wants: 0.00001, met: true},
	{name: "one, busy", targets: 1, share: 0.01, cpu: 1, wants: 0.1},
	{name: "many, idle", targets: 200, share: 0.01, cpu: 0.001, wants: 0.00001, met: true},
	{name: "many, idle, with many spans", targets: 200, share: 0.01, cpu: 0.001, wants: 0.01},
	{name: "many that come and go", targets: 200, share: 0.01, cpu: 0.001, wants: 0.01, turnover: true},
	{name: "very many", targets: 500, share: 0.01, cpu: 0.001, wants: 0.001},
	{name: "no cap", targets: 100, share: Unlimited, cpu: 0.02, wants: 0.0001, met: true},
}

// member is one target of a crowd.
type member struct {
	id         Target
	controller *Controller
	used       Usage
	limits     []time.Duration
	lacked     [groups]bool // from its first minute on
}

func newMember(id Target) *member {
	return &member{id: id, controller: New(0.01, 0), used: Usage{Spent: make([]time.Duration, groups)}}
}

// ask renews the member's limits.
func (m *member) ask(t *testing.T, h *Host, now time.Duration) {
	own := m.controller.Limits(m.used)
	spent := append([]time.Duration{}, own...)
	m.limits = h.Limits(now, m.id, m.used, own)
	for g := range m.limits {
		if m.limits[g] < m.used.Spent[g] || m.limits[g] > spent[g] {
			t.Fatalf("group %d of target %d has a limit of %v; it has spent %v and may, by itself, up to %v",
				g, m.id, m.limits[g], m.used.Spent[g], spent[g])
		}
	}
}

// live lets the member live for a step within its limits, and returns what its
// probes added.
func (m *member) live(c crowd) (added time.Duration) {
	for g := range m.limits {
		want := time.Duration(c.wants * float64(hostStep))
		if c.hot > 0 && g > 0 {
			want = time.Duration(c.hot * float64(hostStep))
		}
		may := max(0, m.limits[g]-m.used.Spent[g])
		m.lacked[g] = m.lacked[g] || may < want && m.used.Elapsed > time.Minute
		spent := min(want, may)
		m.used.Spent[g] += spent
		added += spent
	}
	m.used.Elapsed += hostStep
	m.used.TargetCPU += added + time.Duration(c.cpu*float64(hostStep))
	return added
}

// TestCapHoldsOverEveryWindow is the law: in no Window do all targets together
// spend more than the cap, though each asks once a second only, at its own time.
func TestCapHoldsOverEveryWindow(t *testing.T) {
	for _, c := range crowds {
		t.Run(c.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			h := NewHost(c.share, 2, 1)
			var members []*member
			var next Target
			var added []time.Duration // by step
			for step := range int(3 * time.Minute / hostStep) {
				now := time.Duration(step) * hostStep
				for len(members) < c.targets {
					next++
					members = append(members, newMember(next))
				}
				sum := time.Duration(0)
				for i, m := range members {
					if m.limits == nil || (step+i)%4 == 0 {
						m.ask(t, h, now)
					}
					sum += m.live(c)
					if c.turnover && random.IntN(40) == 0 {
						h.Leave(now, m.id, m.used)
						next++
						members[i] = newMember(next)
					}
				}
				added = append(added, sum)
				checkWindow(t, h, added)
			}
			for _, m := range members {
				if c.met && m.lacked[0] {
					t.Fatalf("target %d was refused what it may have", m.id)
				}
			}
		})
	}
}

// checkWindow adds up the last Window.
func checkWindow(t *testing.T, h *Host, added []time.Duration) {
	t.Helper()
	sum := time.Duration(0)
	for _, spent := range added[max(0, len(added)-int(Window/hostStep)):] {
		sum += spent
	}
	if sum > h.cap {
		t.Fatalf("%v were added in the %v before step %d, the cap is %v", sum, Window, len(added), h.cap)
	}
}

// TestCapIsUsed is the other half: where targets want more than the cap, they get
// a good part of it, every group of every target some, and of the groups that take
// turns enough at a time.
func TestCapIsUsed(t *testing.T) {
	c := crowd{cpu: 0.001, wants: 0.002}
	h := NewHost(0.01, 2, 1)
	var members []*member
	for i := range 200 {
		members = append(members, newMember(Target(i)))
	}
	total := time.Duration(0)
	turns := make([]time.Duration, len(members)) // the most that the last group was given at once
	const minutes = 5
	for step := range int(minutes * time.Minute / hostStep) {
		for i, m := range members {
			if m.limits == nil || (step+i)%4 == 0 {
				m.ask(t, h, time.Duration(step)*hostStep)
			}
			turns[i] = max(turns[i], m.limits[groups-1]-m.used.Spent[groups-1])
			total += m.live(c)
		}
	}
	if all := h.cap * time.Duration(minutes*time.Minute/Window); total < all/3 {
		t.Errorf("%v of %v were used", total, all)
	}
	for i, m := range members {
		for g, spent := range m.used.Spent {
			if spent == 0 {
				t.Errorf("group %d of target %d got nothing", g, m.id)
			}
		}
		if turns[i] < worth/groups {
			t.Errorf("target %d had %v at the most in its turns", m.id, turns[i])
		}
	}
}

// TestModestBesideGreedy has one target whose standing group wants less than its part of
// the reserve, and whose others want more than there is, beside those that want all
// there is. The standing group always gets what it wants.
func TestModestBesideGreedy(t *testing.T) {
	greedy, modest := crowd{cpu: 1, wants: 0.1}, crowd{cpu: 1, wants: 0.0002, hot: 0.1}
	h := NewHost(0.01, 2, 1)
	var members []*member
	for i := range 20 {
		members = append(members, newMember(Target(i)))
	}
	for step := range int(5 * time.Minute / hostStep) {
		for i, m := range members {
			if m.limits == nil || (step+i)%4 == 0 {
				m.ask(t, h, time.Duration(step)*hostStep)
			}
			if i == 7 {
				m.live(modest)
			} else {
				m.live(greedy)
			}
		}
	}
	if members[7].lacked[0] {
		t.Error("the modest target was refused what it may have")
	}
}

// TestWhatOthersOverspend does not take from a target what is kept for it.
func TestWhatOthersOverspend(t *testing.T) {
	h := NewHost(0.01, 1, 1)
	wants := func() []time.Duration { return []time.Duration{time.Second} }
	h.Limits(0, 1, Usage{Spent: []time.Duration{0}}, wants())
	h.Limits(0, 2, Usage{Spent: []time.Duration{0}}, wants())
	h.Limits(time.Second, 2, Usage{Spent: []time.Duration{time.Second}}, wants())
	if may := h.Limits(time.Second, 1, Usage{Spent: []time.Duration{0}}, wants())[0]; may < 23*time.Millisecond {
		t.Errorf("the other target may spend %v, want its half of 47.5ms", may)
	}
}

// TestWhoComesAgainHasSpent gives a target no new part when it leaves and comes again.
func TestWhoComesAgainHasSpent(t *testing.T) {
	h := NewHost(0.01, 1, 1) // 95 ms are handed out in a Window, 47.5 of them in equal parts
	wants := func() []time.Duration { return []time.Duration{time.Second} }
	h.Limits(0, 1, Usage{Spent: []time.Duration{0}}, wants())
	for i := range 10 {
		now := time.Duration(i) * 100 * time.Millisecond
		may := h.Limits(now, 2, Usage{Spent: []time.Duration{0}}, wants())[0]
		h.Leave(now, 2, Usage{Spent: []time.Duration{may}})
	}
	if may := h.Limits(time.Second, 1, Usage{Spent: []time.Duration{0}}, wants())[0]; may < 23*time.Millisecond {
		t.Errorf("the other target may spend %v, want its half of 47.5ms", may)
	}
	h.Leave(2*Window, 1, Usage{Spent: []time.Duration{0}})
	h.Limits(3*Window, 3, Usage{Spent: []time.Duration{0}}, wants())
	if len(h.left) > 0 {
		t.Errorf("%d that have left are remembered for longer than a window", len(h.left))
	}
}

// TestSamplingCountsToo leaves the probes what sampling does not take.
func TestSamplingCountsToo(t *testing.T) {
	h := NewHost(0.01, 1, 1) // 100 ms in a Window, of which 95 are handed out
	used := Usage{Sampling: 60 * time.Millisecond, Spent: make([]time.Duration, 1)}
	limits := h.Limits(0, 1, used, []time.Duration{time.Second})
	if limits[0] != 35*time.Millisecond {
		t.Errorf("the probes may spend %v, want the 35ms that are left", limits[0])
	}
	if limits := h.Limits(Window, 1, used, []time.Duration{time.Second}); limits[0] != 47500*time.Microsecond {
		t.Errorf("a Window later the probes may spend %v, want half of 95ms", limits[0])
	}
}

// TestWhoLeavesHasSpent does not let a cap be passed by leaving.
func TestWhoLeavesHasSpent(t *testing.T) {
	h := NewHost(0.01, 1, 1)
	sum := time.Duration(0)
	for id := range Target(100) {
		may := h.Limits(time.Second, id, Usage{Spent: []time.Duration{0}}, []time.Duration{time.Second})[0]
		last := Usage{Spent: []time.Duration{may}}
		h.Leave(time.Second, id, last)
		h.Leave(time.Second, id, last)
		sum += may
	}
	if sum > h.cap || sum < h.cap/2 {
		t.Errorf("%v were spent by those who came and left, the cap is %v", sum, h.cap)
	}
}
