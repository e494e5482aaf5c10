package export

import (
	"testing"

	"github.com/otwatch/otwatch/internal/report"
)

func TestPendingKeepsWhatCameDuringTheSend(t *testing.T) {
	var p pending
	p.update([]report.Report{reportOf(1, 10)})
	underWay := p.list()[0]
	p.update([]report.Report{reportOf(1, 20)})
	p.sent(underWay)
	list := p.list()
	if len(list) != 1 || list[0].Probe.Hits != 20 {
		t.Fatalf("left to send: %v", list)
	}
	if newest := p.newest(underWay); newest.Probe.Hits != 20 {
		t.Errorf("an older Report would be sent: %v", newest)
	}
	p.sent(list[0])
	if list := p.list(); len(list) != 0 {
		t.Errorf("left to send after everything was sent: %v", list)
	}
}

func TestPendingTellsAProcessFromItsPIDsNextOwner(t *testing.T) {
	var p pending
	next := reportOf(1, 3)
	next.Window.Start = next.Window.Start.Add(1)
	p.update([]report.Report{reportOf(1, 10)})
	p.update([]report.Report{next})
	if list := p.list(); len(list) != 2 || list[0].Probe.Hits != 10 {
		t.Errorf("left to send: %v", list)
	}
}

func TestEndedTargetsDoNotPileUp(t *testing.T) {
	var p pending
	const targets = 3 * maxEnded
	for pid := range targets {
		p.update([]report.Report{reportOf(pid, 1)})
	}
	list := p.list()
	if len(list) != maxEnded+1 || p.dropped != targets-maxEnded-1 {
		t.Fatalf("%d Reports held and %d dropped, want %d and %d", len(list), p.dropped, maxEnded+1, targets-maxEnded-1)
	}
	if first := list[0].Target.PID; first != targets-maxEnded-1 {
		t.Errorf("the oldest held is target %d; those that ended first should go first", first)
	}
}

func TestReportThatIsNotNewerIsNotSentAgain(t *testing.T) {
	var p pending
	p.update([]report.Report{reportOf(1, 10)})
	p.sent(p.list()[0])
	for _, hits := range []uint64{10, 9} {
		p.update([]report.Report{reportOf(1, hits)})
		if list := p.list(); len(list) != 0 {
			t.Errorf("sent at 10 s, the Report of %d s would be sent too", hits)
		}
	}
	p.update([]report.Report{reportOf(1, 11)})
	if list := p.list(); len(list) != 1 {
		t.Errorf("a newer Report would not be sent: %v", list)
	}
}

func TestEndedTargetIsForgottenOnceSent(t *testing.T) {
	var p pending
	p.update([]report.Report{reportOf(1, 10), reportOf(2, 10)})
	p.update([]report.Report{reportOf(1, 20)})
	for _, r := range p.list() {
		p.sent(r)
	}
	p.update([]report.Report{reportOf(1, 30)})
	if len(p.reports) != 1 || p.dropped != 0 {
		t.Errorf("held: %v, dropped %d", p.reports, p.dropped)
	}
}
