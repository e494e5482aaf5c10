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
	delivery                // of all exporters
	failed    time.Time     // spans, in an export or by the receiver's rejection
	dropped   time.Time
	exporters map[uint64]delivery // of spans, by address
	signals   signalFailures      // of metrics and logs
}

// delivery is when exporters last delivered spans.
type delivery struct {
	delivered time.Time
	failures  uint64 // exports that returned since then, all without delivering anything
}

// add adds the exports that returned in an interval that ends now.
func (d *delivery) add(exporters []snapshot.Exporter, now time.Time) {
	var exported uint64
	for _, e := range exporters {
		exported += e.Exported
		if e.Failed > 0 {
			d.failures += e.Operations
		}
	}
	if exported > 0 {
		*d = delivery{delivered: now}
	}
}

// never reports whether nothing has been delivered since the target was attached.
func (d delivery) never() bool { return d.delivered.IsZero() }

// failing reports whether exports have failed since then.
func (d delivery) failing() bool { return d.failures > 1 || d.failures == 1 && d.never() }

// since is that moment, for a title.
func (d delivery) since() string {
	if d.never() {
		return "otwatch attached"
	}
	return clock(d.delivered)
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
	d.delivery.add(s.Exports, d.now())
	var failed, dropped uint64
	for i, e := range s.Exports {
		of := d.exporters[e.Address]
		of.add(s.Exports[i:i+1], d.now())
		d.exporters[e.Address] = of
		failed += e.Failed
	}
	for _, p := range s.Processors {
		dropped += p.Dropped()
	}
	if failed > 0 {
		d.failed = d.now()
	}
	if dropped > 0 {
		d.dropped = d.now()
	}
}

// undeliveredBy is how long an exporter has delivered nothing, while its exports failed; 0 if
// that is not so, or not for long.
func (d *deliveries) undeliveredBy(exporter uint64) time.Duration {
	of := d.exporters[exporter]
	silent := d.now().Sub(d.orAttached(of.delivered))
	if !of.failing() || silent < undeliveredFor {
		return 0
	}
	return silent
}

// now is the end of the last interval.
func (d *deliveries) now() time.Time { return d.attached.Add(d.elapsed) }

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
