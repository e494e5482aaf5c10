package accounting

import (
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// simpleProcessor counts what one simple span processor does. It holds no spans: what
// it was handed is what its exporter was handed. The counters are of the interval.
type simpleProcessor struct {
	memory.Processor
	index     int
	provider  uint64
	exported  uint64
	failed    uint64
	shutdowns snapshot.Calls
}

// simple finds a simple span processor, or adds it; nil if there is no room.
func (c *Components) simple(address uint64) *simpleProcessor {
	for _, p := range c.simples {
		if p.Address == address {
			return p
		}
	}
	if len(c.simples) == maxComponents {
		c.others.add(address)
		return nil
	}
	p := &simpleProcessor{Processor: c.examiner.ExamineSimple(address), index: len(c.simples), provider: address}
	c.simples = append(c.simples, p)
	c.number(p.Exporter.Address, p.Exporter.Component)
	c.claimExports(p)
	return p
}

// claimExports gives a simple span processor that was just found what its exporter did
// earlier in this interval.
func (c *Components) claimExports(p *simpleProcessor) {
	for _, e := range c.exporters {
		if e.Address == p.Exporter.Address && e.Component == memory.UnknownComponent {
			c.name(e, p.Exporter)
			p.exported, p.failed = e.Exported, e.Failed
		}
	}
}

// simpleOf returns the simple span processor that made an export, nil if none that is
// known did. Where several share an exporter, the first of them has all its exports.
func (c *Components) simpleOf(call probes.Call) *simpleProcessor {
	if call.Processor != nil {
		return nil
	}
	return c.simpleWith(call.Receiver)
}

func (c *Components) simpleWith(exporter uint64) *simpleProcessor {
	for _, p := range c.simples {
		if p.Exporter.Address == exporter {
			return p
		}
	}
	return nil
}

func (c *Components) takeSimples() []snapshot.Processor {
	var processors []snapshot.Processor
	for _, p := range c.simples {
		processors = append(processors, snapshot.Processor{
			Address: p.Address, Simple: true, Index: p.index, Provider: p.provider, Exporter: p.Exporter.Address,
			Exported: p.exported, Failed: p.failed, Shutdowns: p.shutdowns,
		})
		p.exported, p.failed, p.shutdowns = 0, 0, snapshot.Calls{}
	}
	return processors
}
