package agent

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// simpleBook is one simple span processor's page. It holds no spans, so what it
// was handed is what its exporter was. The counters are of the interval.
type simpleBook struct {
	memory.Processor
	index     int
	provider  uint64
	exported  uint64
	failed    uint64
	shutdowns snapshot.Calls
}

// simple finds the page of a simple span processor, or opens one; nil if there
// are too many.
func (l *ledger) simple(address uint64) *simpleBook {
	for _, p := range l.simples {
		if p.Address == address {
			return p
		}
	}
	if len(l.simples) == maxComponents {
		l.overflow++
		l.full = true
		return nil
	}
	p := &simpleBook{Processor: l.examineSimple(address), index: len(l.simples), provider: address}
	l.simples = append(l.simples, p)
	l.adopt(p)
	return p
}

// adopt gives a simple span processor newly seen what its exporter did for it in
// this interval before.
func (l *ledger) adopt(p *simpleBook) {
	for _, e := range l.exporters {
		if e.Address == p.Exporter.Address && e.Component == memory.UnknownComponent {
			l.name(e, p.Exporter.Component)
			p.exported, p.failed = e.Exported, e.Failed
		}
	}
}

// simplyExportedBy returns the simple span processor that made an export, nil if
// none did that is known. One that several share an exporter with counts for the
// first of them.
func (l *ledger) simplyExportedBy(op probes.Call) *simpleBook {
	if op.Processor != nil {
		return nil
	}
	return l.simpleWith(op.Receiver)
}

func (l *ledger) simpleWith(exporter uint64) *simpleBook {
	for _, p := range l.simples {
		if p.Exporter.Address == exporter {
			return p
		}
	}
	return nil
}

// closeSimples ends the interval for the simple span processors.
func (l *ledger) closeSimples() []snapshot.Processor {
	var processors []snapshot.Processor
	for _, p := range l.simples {
		processors = append(processors, snapshot.Processor{
			Address: p.Address, Simple: true, Index: p.index, Provider: p.provider, Exporter: p.Exporter.Address,
			Exported: p.exported, Failed: p.failed, Shutdowns: p.shutdowns,
		})
		p.exported, p.failed, p.shutdowns = 0, 0, snapshot.Calls{}
	}
	return processors
}
