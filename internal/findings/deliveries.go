package findings

import (
	"time"

	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// deliveries are when a target last delivered and last lost spans, over the whole watch.
// Moments are ends of intervals; that of what has not happened yet is zero.
type deliveries struct {
	attached  time.Time
	elapsed   time.Duration // since then: the clock that gives the intervals' starts may be set
	received  time.Time     // by processors, or by exporters that returned
	delivered time.Time
	failures  uint64    // exports that returned since then, all without delivering anything
	failed    time.Time // spans, in an export or by the receiver's rejection
	dropped   time.Time
	exporters map[uint64]delivery // of spans, by address
	signals   signalFailures      // of metrics and logs
}

// delivery is when one exporter last delivered spans.
type delivery struct {
	delivered time.Time
	failures  uint64 // exports that returned since then
}

// add adds the next interval.
func (d *deliveries) add(s snapshot.Snapshot) {
	if d.attached.IsZero() {
		d.attached = s.Start
	}
	d.elapsed += s.Elapsed
	if d.signals == nil {
		d.signals, d.exporters = signalFailures{}, map[uint64]delivery{}
	}
	d.signals.add(s, d.now())
	if received(s) {
		d.received = d.now()
	}
	var exported, failed, failures, dropped uint64
	for _, e := range s.Exports {
		d.addExporter(e)
		exported += e.Exported
		if failed += e.Failed; e.Failed > 0 {
			failures += e.Operations
		}
	}
	for _, p := range s.Processors {
		dropped += p.Dropped()
	}
	d.failures += failures
	if exported > 0 {
		d.delivered, d.failures = d.now(), 0
	}
	if failed > 0 {
		d.failed = d.now()
	}
	if dropped > 0 {
		d.dropped = d.now()
	}
}

// addExporter adds what an exporter did in the interval.
func (d *deliveries) addExporter(e snapshot.Exporter) {
	of := d.exporters[e.Address]
	switch {
	case e.Exported > 0:
		of = delivery{delivered: d.now()}
	case e.Failed > 0:
		of.failures += e.Operations
	}
	d.exporters[e.Address] = of
}

// undeliveredBy is how long an exporter has delivered nothing, while its exports failed; 0 if
// that is not so, or not for long.
func (d *deliveries) undeliveredBy(exporter uint64) time.Duration {
	of := d.exporters[exporter]
	silent := d.now().Sub(d.orAttached(of.delivered))
	failing := of.failures > 1 || of.failures == 1 && of.delivered.IsZero()
	if !failing || silent < undeliveredFor {
		return 0
	}
	return silent
}

// now is the end of the last interval.
func (d *deliveries) now() time.Time { return d.attached.Add(d.elapsed) }

// never reports whether nothing has been delivered since the target was attached.
func (d *deliveries) never() bool { return d.delivered.IsZero() }

// silentSince is since when nothing has been delivered.
func (d *deliveries) silentSince() time.Time { return d.orAttached(d.delivered) }

// lastReceived is since when no processor has received a span.
func (d *deliveries) lastReceived() time.Time { return d.orAttached(d.received) }

// orAttached is a moment, or that of the attach for what has not happened yet.
func (d *deliveries) orAttached(moment time.Time) time.Time {
	if moment.IsZero() {
		return d.attached
	}
	return moment
}

// lately reports whether a moment is in the recent past: losses of the whole watch are
// judged until then.
func (d *deliveries) lately(moment time.Time) bool {
	return !moment.IsZero() && d.now().Sub(moment) < history.Reach
}

// clock writes a moment for a title.
func clock(moment time.Time) string { return moment.UTC().Format(time.TimeOnly) + " UTC" }
