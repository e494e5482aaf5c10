package export

import (
	"cmp"
	"slices"
	"sync"

	"github.com/otwatch/otwatch/internal/report"
)

// maxEnded bounds how many ended targets are kept while the receiver is away. On a host
// of short-lived processes there would be many.
const maxEnded = 64

// pending has the newest Report of each target, and whether it has been sent. A target
// that has ended stays until its last Report has.
type pending struct {
	mu      sync.Mutex
	round   uint64 // of the last update
	reports map[attachment]held
	dropped uint64 // ended targets that found no room
}

// attachment identifies one attach to one process: pids are reused.
type attachment struct {
	pid     int
	startNS int64
}

type held struct {
	report report.Report
	round  uint64 // the last update that had the target
	sent   bool
}

// update replaces the targets' Reports by newer ones. Others change nothing: an ended
// target's is sent once however often it is passed, and totals do not fall if two callers
// overtake each other.
func (p *pending) update(reports []report.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reports == nil {
		p.reports = map[attachment]held{}
	}
	p.round++
	for _, r := range reports {
		h, known := p.reports[attachmentOf(r)]
		if !known || r.Window.Seconds > h.report.Window.Seconds {
			h = held{report: r}
		}
		h.round = p.round
		p.reports[attachmentOf(r)] = h
	}
	p.forgetEnded()
}

// forgetEnded drops the ended targets whose last Report has been sent and, down to
// maxEnded, those that ended first.
func (p *pending) forgetEnded() {
	var ended []attachment
	for key, h := range p.reports {
		switch {
		case h.round == p.round:
		case h.sent:
			delete(p.reports, key)
		default:
			ended = append(ended, key)
		}
	}
	slices.SortFunc(ended, func(a, b attachment) int { return cmp.Compare(p.reports[a].round, p.reports[b].round) })
	for _, key := range ended[:max(0, len(ended)-maxEnded)] {
		delete(p.reports, key)
		p.dropped++
	}
}

// list returns what has to be sent, by pid.
func (p *pending) list() []report.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []report.Report
	for _, h := range p.reports {
		if !h.sent {
			list = append(list, h.report)
		}
	}
	slices.SortFunc(list, func(a, b report.Report) int {
		return cmp.Or(cmp.Compare(a.Target.PID, b.Target.PID), a.Window.Start.Compare(b.Window.Start))
	})
	return list
}

// attachments are those of the targets that have Reports.
func (p *pending) attachments() map[attachment]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := make(map[attachment]bool, len(p.reports))
	for key := range p.reports {
		there[key] = true
	}
	return there
}

// newest returns r, or the Report that has replaced it meanwhile.
func (p *pending) newest(r report.Report) report.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h, ok := p.reports[attachmentOf(r)]; ok {
		return h.report
	}
	return r
}

// sent marks r as sent, unless a newer Report has replaced it.
func (p *pending) sent(r report.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := attachmentOf(r)
	if h, ok := p.reports[key]; ok && h.report.Window.Seconds == r.Window.Seconds {
		h.sent = true
		p.reports[key] = h
	}
}

func attachmentOf(r report.Report) attachment {
	return attachment{r.Target.PID, r.Window.Start.UnixNano()}
}
