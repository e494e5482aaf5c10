package agent

import (
	"log/slog"
	"testing"

	"github.com/otwatch/otwatch/internal/target"
)

// TestFormerVerdict has a process examined while the selection is replaced: what the former one
// wanted does not count.
func TestFormerVerdict(t *testing.T) {
	f := NewFleet(Selection{All: true}, nil, slog.New(slog.DiscardHandler))
	process := target.Running{PID: 4711}
	examined := func(reselected bool) *member {
		f.members[process.PID] = &member{pid: process.PID, state: examining}
		v := verdict{process: process, by: f.selection.Load(), wanted: true}
		if reselected {
			f.Reselect(Selection{Selector: Selector{Names: []string{"checkout"}}})
		}
		return f.addVerdict(v)
	}
	if m := examined(false); m == nil || m.state != found {
		t.Errorf("got %+v, want that the process is to be watched", m)
	}
	if m := examined(true); m != nil || f.members[process.PID] != nil {
		t.Errorf("got %+v, want that the process is found again", m)
	}
}
