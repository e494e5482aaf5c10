package whatif

import (
	"math/rand/v2"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// processor replays what one goroutine of the SDK does: it takes spans from a bounded
// queue into a batch, and exports the batch when it is full or when the timer fires;
// during an export nobody takes spans. The timer is reset when an export begins, so it
// may have fired when the export ends. Then Go's select takes the timer or a span with
// equal probability, and a batch of few spans may be exported.
//
// Source: opentelemetry-go v1.47.0, sdk/trace/batch_span_processor.go, processQueue,
// exportSpans and enqueueDrop; the same loop as in v1.7.0.
type processor struct {
	settings snapshot.Settings
	// late means that spans which end together do so before the goroutine runs: it gets
	// the first, if it waits for one, and the others need room in the queue.
	late     bool
	duration durations
	random   *rand.Rand
	next     int // index of the export to replay next
	left     int // steps; without any, nothing moves any more
	together together

	now       time.Duration
	timer     time.Duration // when it fires or fired
	exporting bool
	done      time.Duration // when the export under way returns
	batch     int           // spans
	queue     int           // spans

	arrived  int
	dropped  int
	peak     int
	exports  int
	exported int
	busy     time.Duration // of all exports begun
	took     histogram     // of exports
}

// arrive ends spans at one moment. Those without room are dropped.
func (p *processor) arrive(a arrival) {
	p.left--
	p.runUntil(a.at)
	p.now = a.at
	p.arrived += a.spans
	if p.late {
		p.arriveAtOnce(a)
		return
	}
	for left := a.spans; left > 0; {
		took := p.admit(left)
		if took == 0 {
			p.dropped += left
			return
		}
		left -= took
	}
}

// arriveAtOnce ends spans before the goroutine takes more than one of them.
func (p *processor) arriveAtOnce(a arrival) {
	left := a.spans
	if !p.exporting {
		left -= p.admit(min(1, left))
	}
	p.dropped += left - p.enqueue(left)
	if !p.exporting {
		p.take()
	}
}

// admit puts spans into the batch if the goroutine waits for spans, else into the queue, and
// returns how many there was room for.
func (p *processor) admit(spans int) int {
	if p.exporting {
		return p.enqueue(spans)
	}
	n := min(spans, p.batchSize()-p.batch)
	p.batch += n
	p.exportIfFull()
	return n
}

// enqueue takes as many of the spans as the queue has room for.
func (p *processor) enqueue(spans int) int {
	n := min(spans, int(p.settings.MaxQueueSize)-p.queue)
	if n > 0 {
		p.queue += n
		p.peak = max(p.peak, p.queue)
	}
	return n
}

// runUntil runs the goroutine up to a moment.
func (p *processor) runUntil(until time.Duration) {
	for p.left > 0 {
		switch {
		case p.exporting && p.done <= until:
			p.now = p.done
			p.finish()
			p.take()
		case !p.exporting && p.batch > 0 && p.timer <= until:
			p.now = max(p.now, p.timer)
			p.export()
		case !p.exporting && p.timer <= until:
			p.timer += ((until-p.timer)/p.settings.BatchTimeout + 1) * p.settings.BatchTimeout
		default:
			return
		}
	}
}

// drain exports what is left.
func (p *processor) drain() {
	for p.left > 0 && (p.exporting || p.batch > 0) {
		next := p.timer
		if p.exporting {
			next = p.done
		}
		p.runUntil(next)
	}
}

// take fills the batch from the queue.
func (p *processor) take() {
	for p.queue > 0 && !p.exporting {
		p.left--
		n := min(p.queue, p.batchSize()-p.batch)
		if p.timer <= p.now {
			if p.random.IntN(2) == 0 {
				p.export()
				continue
			}
			n = 1
		}
		p.queue -= n
		p.batch += n
		p.exportIfFull()
	}
}

func (p *processor) exportIfFull() {
	if p.batch >= p.batchSize() {
		p.export()
	}
}

// export begins the export of the batch, unless that is empty.
func (p *processor) export() {
	p.timer = p.now + p.settings.BatchTimeout
	if p.batch == 0 {
		return
	}
	p.left -= exportSteps
	if n := min(p.together.most, p.queue/p.batchSize()); n > 1 && p.batch == p.batchSize() {
		p.exportAtOnce(n)
		return
	}
	took := p.duration(p.next, p.batch)
	if limit := p.settings.ExportTimeout; limit > 0 {
		took = min(took, limit)
	}
	p.took.add(took, 1)
	p.begin(1, took)
}

// exportAtOnce exports the batch, which is full, and the full batches in the queue after
// it, n in all.
func (p *processor) exportAtOnce(n int) {
	took, last := p.together.duration(p.next, n), p.together.duration(p.next+n-1, 1)
	p.queue -= (n - 1) * p.batchSize()
	p.batch += (n - 1) * p.batchSize()
	p.took.add(last, n)
	p.begin(n, took)
	p.timer = p.done - last + p.settings.BatchTimeout
}

// begin begins n exports that last so long together.
func (p *processor) begin(n int, took time.Duration) {
	p.next += n
	p.exports += n
	p.exported += p.batch
	p.busy += took
	p.exporting, p.done = true, p.now+took
}

// finish ends the export under way.
func (p *processor) finish() { p.exporting, p.batch = false, 0 }

// batchSize is the largest batch.
func (p *processor) batchSize() int { return int(p.settings.MaxExportBatchSize) }
