package agent

import (
	"testing"
	"time"
)

// TestPace looks often at a queue that may fill up soon, and less often, but at the same
// moments, at other queues.
func TestPace(t *testing.T) {
	const room = 2048
	at := time.Unix(1000, int64(30*time.Millisecond))
	for _, test := range []struct {
		name  string
		held  []uint64 // one look after another
		hurry bool
		want  time.Duration
	}{
		{"nothing in it", []uint64{0, 0}, false, 1970 * time.Millisecond},
		{"a little comes and goes", []uint64{0, 50, 10}, false, 1970 * time.Millisecond},
		{"much in it", []uint64{0, 1000, 1000}, false, 70 * time.Millisecond},
		{"much came", []uint64{0, 129}, false, 70 * time.Millisecond},
		{"much has gone", []uint64{1000, 0}, false, 70 * time.Millisecond},
		{"much had gone", []uint64{1000, 0, 0}, false, 1970 * time.Millisecond},
		{"something cannot wait", []uint64{0, 0}, true, 70 * time.Millisecond},
		{"before the first look", nil, false, 70 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPace()
			for _, held := range test.held {
				p.see(held, room)
			}
			if got := p.next(at, Config{Interval: 10 * time.Second}.quiet(), test.hurry); got != test.want {
				t.Errorf("the next look is in %v, want %v", got, test.want)
			}
		})
	}
	p := newPace()
	p.see(0, room)
	if got := p.next(time.Unix(1000, 0), Config{Interval: 300 * time.Millisecond}.quiet(), false); got > 300*time.Millisecond {
		t.Errorf("the next look is in %v, behind the end of an interval of 300ms", got)
	}
}

func TestWeight(t *testing.T) {
	p := newPace()
	at := p.looked
	sum := uint64(0)
	for _, step := range []time.Duration{pollInterval, pollInterval, time.Second, 0, time.Second} {
		at = at.Add(step)
		sum += p.weight(at)
	}
	if sum != 23 {
		t.Errorf("looks over 2.2 s, one of them of no time, weigh %d, want 23", sum)
	}
}
