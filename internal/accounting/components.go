package accounting

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

const (
	// maxSpans bounds the spans of one export: a greater length is not a length.
	maxSpans = 1 << 24
	// maxComponents bounds the processors of a kind, and the exporters, that are
	// counted by themselves. What a program makes beyond that is in others.
	maxComponents = 64
	// maxNumbered bounds the exporters that have a number: those of all processors, and those
	// that are counted by themselves.
	maxNumbered = 3 * maxComponents
	// maxUnreadable bounds the reasons that are kept why a processor was not read.
	maxUnreadable = 8
)

// Components counts what the span processors and exporters of one target do, and its
// exports of metrics and logs.
//
// A batch processor's spans are counted by conservation: it was handed the spans that
// its exports took away, the spans that it dropped, and the growth of what it holds.
type Components struct {
	examiner      Examiner
	attachedNS    uint64
	exporting     bool              // an export of spans was under way then
	batches       []*BatchProcessor // in order of discovery, as are all components
	simples       []*simpleProcessor
	exporters     []*exporter
	numbered      []numbered // exporters that have been given a number
	signals       []*signal
	logs          []*LogProcessor
	logHistory    logHistory
	flushes       []*snapshot.Flush
	collected     map[uint64]probes.Call // the last collection of each metric reader, by the reader's address
	providers     map[handedSpan]uint64  // the provider of the first processor that was handed a span
	unknownCaller bool                   // an exporter was called by a processor that is not known
	unmatched     uint64                 // calls that were under way when otwatch attached
	others        others
	unreadable    []string // why processors could not be read
	coverage      coverage
	texts         texts
}

// Examiner reads what never changes in a processor.
type Examiner interface {
	Examine(memory.Image) memory.Processor
	ExamineSimple(address uint64) memory.Processor
	// MetricExporter and LogExporter are the otel.component.type of the exporter of a metric
	// reader, or of what the log SDK wraps an exporter in.
	MetricExporter(reader uint64) string
	LogExporter(wrapper uint64) string
}

// handedSpan identifies a span while it is handed from processor to processor.
type handedSpan struct{ goroutine, snapshot uint64 }

// NewComponents returns the counts of a target that is attached to now, by CLOCK_MONOTONIC.
func NewComponents(examiner Examiner, nowNS uint64) *Components {
	return &Components{examiner: examiner, attachedNS: nowNS, providers: map[handedSpan]uint64{}, collected: map[uint64]probes.Call{}, texts: texts{}}
}

// Known is the number of processors that were found.
func (c *Components) Known() int { return len(c.batches) + len(c.simples) }

// Batches lists the batch processors that were found and whose memory is still theirs.
func (c *Components) Batches() []*BatchProcessor {
	return slices.DeleteFunc(slices.Clone(c.batches), func(p *BatchProcessor) bool { return p.freed })
}

// Exporters lists the exporters of the processors that were found.
func (c *Components) Exporters() []memory.Exporter {
	var exporters []memory.Exporter
	for _, p := range c.batches {
		exporters = append(exporters, p.Exporter)
	}
	for _, p := range c.simples {
		exporters = append(exporters, p.Exporter)
	}
	return exporters
}

// Record counts what the probes recorded. It reports whether processors should be looked
// for: one was found, and may share its provider with others, or an exporter was called
// by one that is not known.
func (c *Components) Record(records probes.Records) (discover bool) {
	known := c.Known()
	for _, s := range records.Sightings {
		c.addSighting(s)
	}
	for _, call := range records.Calls {
		c.addCall(call)
	}
	discover = c.unknownCaller || c.Known() > known
	c.unknownCaller = false
	return discover
}

func (c *Components) addCall(call probes.Call) {
	c.seeLogs(call)
	switch {
	case call.Of == probes.Export:
		c.addExport(call)
	case call.StartedNS == 0: // it was under way when otwatch attached
		if call.Of != probes.Collect { // the export that it is a part of is unmatched too
			c.unmatched++
		}
	case call.Of == probes.Collect:
		c.addCollection(call)
	case call.Of == probes.Metrics:
		c.addMetricsExport(call)
	case call.Of == probes.Logs:
		c.addLogsExport(call)
	default: // ForceFlush, Shutdown
		c.addProcessorCall(call)
	}
}

// addSighting takes in a processor that was handed a span, or that exports.
func (c *Components) addSighting(s probes.Sighting) {
	switch {
	case s.Simple:
		if p := c.simple(s.Address); p != nil {
			c.matchProvider(s, &p.provider)
		}
	case s.Processor != nil: // else the program has counted the failed reading as lost
		if p := c.batch(*s.Processor, s.SeenNS); p != nil {
			p.observe(*s.Processor, s.SeenNS)
			c.matchProvider(s, &p.provider)
		}
	}
}

// matchProvider finds the processors of one provider: they are handed the same span one
// after another.
func (c *Components) matchProvider(s probes.Sighting, provider *uint64) {
	if s.Snapshot == 0 {
		return
	}
	span := handedSpan{s.Goroutine, s.Snapshot}
	if first, ok := c.providers[span]; ok {
		*provider = first
	} else {
		c.providers[span] = *provider
	}
}

// addExport counts a finished export of spans.
func (c *Components) addExport(call probes.Call) {
	switch {
	case c.coverage.see(call):
		return
	case call.StartedNS == 0:
		c.addUnmatchedExport(call)
		return
	case call.Length > maxSpans: // a method that is only called as an exporter's
		c.unmatched++
		return
	}
	c.unknownCaller = c.countExport(call, 1, 1).calledByUnknown() || c.unknownCaller
	if batch := c.batchOf(call); batch != nil && call.EndedNS >= batch.sinceNS {
		batch.seeExport(call)
	}
}

// countExport counts an export of spans, which may stand for others, and returns its exporter. It
// is kept one by one as often as given.
func (c *Components) countExport(call probes.Call, times, kept uint64) *exporter {
	batch, simple := c.batchOf(call), c.simpleOf(call)
	e, by := c.exporter(call.Receiver, batch, simple), c.callerOf(call, batch, simple)
	failed := failedSpans(call)
	e.addExport(call, c.texts.of(call), failed, by, times, kept, snapshot.MaxOperations/max(1, len(c.exporters)))
	c.others.addExport(call, simple != nil || call.Processor != nil && c.batchAt(call.Processor.Address) != nil, by, times)
	if simple != nil {
		simple.exported += times * (call.Length - failed)
		simple.failed += times * failed
	}
	if batch != nil && call.EndedNS >= batch.sinceNS {
		batch.exported += times * (call.Length - failed)
		batch.failed += times * failed
	}
	return e
}

// failedSpans is how many spans of an export failed.
func failedSpans(call probes.Call) uint64 {
	switch {
	case call.Partial:
		// The SDK bounds what the receiver claims in the same way.
		return uint64(min(max(int64(call.Rejected), 0), int64(call.Length)))
	case call.Failed:
		return call.Length
	}
	return 0
}

// addUnmatchedExport counts the return of an export that was under way when otwatch
// attached. Its spans were the processor's batch then; their outcome is not known.
func (c *Components) addUnmatchedExport(call probes.Call) {
	c.unmatched++
	c.exporting = true
	for _, p := range c.batches {
		if p.firstBatch > 0 && call.EndedNS >= p.sinceNS {
			p.unseen += p.firstBatch
			p.exportEndedNS, p.exportSpans = call.EndedNS, p.firstBatch
			p.firstBatch = 0
			return
		}
	}
}

// batchOf returns the batch processor that made an export, nil if none is known. The
// processor in the BPF record is trusted only if its exporter has the receiver's
// address, or if all its exports go through a wrapper.
func (c *Components) batchOf(call probes.Call) *BatchProcessor {
	if call.Processor == nil {
		return nil
	}
	p := c.batch(*call.Processor, call.StartedNS)
	if p == nil {
		return nil
	}
	if p.Exporter.Address == call.Receiver {
		p.wrapped = false
		return p
	}
	if !p.exports {
		p.wrapped = true
	}
	if p.wrapped {
		return p
	}
	return nil
}

// batch finds a batch processor, or adds it with the image as its first reading; nil if
// the image is not a processor's, or there is no room.
func (c *Components) batch(image memory.Image, seenNS uint64) *BatchProcessor {
	before := c.batchAt(image.Address)
	if before != nil && before.identity == image.Identity() {
		return before
	}
	reading, err := image.Reading()
	if err != nil && before != nil {
		return before // a torn image
	}
	if err != nil {
		c.addUnreadable(err.Error())
		return nil
	}
	key, first := image.Address, reading
	switch delay := image.Settings().BatchTimeout; {
	case before != nil: // it was garbage, and the new one was built since
		before.free()
		key, first = before.key+addresses, snapshot.Reading{}
	case !c.exporting && ago(seenNS, c.attachedNS) > delay+time.Second:
		// It exports every schedule delay if it holds spans, and has not since the attach: it
		// was handed all that it holds since then. It may have been built since, too.
		first.Queue, first.Batch = 0, 0
	}
	if len(c.batches) == maxComponents {
		c.others.add(image.Address)
		return nil
	}
	p := &BatchProcessor{
		Processor: c.examiner.Examine(image), identity: image.Identity(), key: key, index: len(c.batches), provider: key,
		sinceNS: seenNS, firstBatch: first.Batch, before: first, after: reading, afterNS: seenNS, peak: reading.Queue,
	}
	c.batches = append(c.batches, p)
	c.number(p.Exporter.Address, p.Exporter.Component)
	return p
}

// addresses is beyond all addresses of a process: keys of processors at one address differ by it.
const addresses = 1 << 56

// batchAt returns the batch processor at an address, nil if none is known.
func (c *Components) batchAt(address uint64) *BatchProcessor {
	for _, p := range c.batches {
		if p.Address == address && !p.freed {
			return p
		}
	}
	return nil
}

func (c *Components) addUnreadable(why string) {
	if !slices.Contains(c.unreadable, why) && len(c.unreadable) < maxUnreadable {
		c.unreadable = append(c.unreadable, why)
	}
}

// End takes the last state that was read of each span processor as the final one, and what is known
// of each log processor. It is for a process that has ended, after all that was recorded.
func (c *Components) End() {
	for _, p := range c.batches {
		p.end()
	}
	for _, p := range c.logs {
		p.end()
	}
}

// Interval is what the components did in one interval.
type Interval struct {
	Processors []snapshot.Processor
	Exports    []snapshot.Exporter
	Pipelines  []snapshot.Pipeline
	Flushes    []snapshot.Flush
	Others     snapshot.Others
	Stretches  snapshot.Stretches
	Unmatched  uint64 // calls that were under way when otwatch attached
}

// Take ends the interval at nowNS, by CLOCK_MONOTONIC, with the exports that are under way,
// and begins the next.
func (c *Components) Take(busy []probes.Flight, nowNS uint64) Interval {
	interval := Interval{Stretches: c.takeStretches(nowNS)}
	interval.Processors = append(c.takeBatches(nowNS), c.takeSimples()...)
	interval.Exports = c.takeExporters(busy, nowNS)
	interval.Pipelines, interval.Flushes = c.takeSignals(busy), c.takeFlushes()
	interval.Others, interval.Unmatched = c.others.take(), c.unmatched
	c.unmatched = 0
	clear(c.providers)
	return interval
}

func (c *Components) takeBatches(nowNS uint64) []snapshot.Processor {
	processors := make([]snapshot.Processor, len(c.batches))
	for i, p := range c.batches {
		processors[i] = p.take(nowNS)
	}
	return processors
}

// Missing lists what is not counted, and why.
func (c *Components) Missing() (missing []snapshot.Missing) {
	for _, why := range c.unreadable {
		missing = append(missing, snapshot.Missing{What: "processors", Why: why})
	}
	return append(missing, c.others.missing()...)
}
