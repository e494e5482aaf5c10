package accounting

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxOthers bounds the processors that are told apart beyond those that are listed.
const maxOthers = 1 << 14

// otherExporters is the component type of all exporters beyond maxComponents together.
const otherExporters = "other_span_exporters"

// others are the components beyond maxComponents: a program that makes a provider for each
// request has ever more of them. Their exports are counted together.
type others struct {
	processors map[uint64]struct{} // addresses, maxOthers at most
	exporter   *exporter           // nil if there are none
	spans      uint64              // in the interval's exports by processors that are not listed
}

// add notes a processor that is not listed.
func (o *others) add(address uint64) {
	if o.processors == nil {
		o.processors = map[uint64]struct{}{}
	}
	if len(o.processors) < maxOthers {
		o.processors[address] = struct{}{}
	}
}

// exporters are all exporters that are not listed, as one.
func (o *others) exporters() *exporter {
	if o.exporter == nil {
		o.exporter = &exporter{Exporter: snapshot.Exporter{Component: otherExporters}}
	}
	return o.exporter
}

// addExport counts the spans of an export if its processor is not listed.
func (o *others) addExport(call probes.Call, listed bool, by caller, times uint64) {
	if len(o.processors) > 0 && !listed && by != byExporter {
		o.spans += times * call.Length
	}
}

// take ends the interval and begins the next.
func (o *others) take() snapshot.Others {
	taken := snapshot.Others{Processors: uint64(len(o.processors)), Spans: o.spans}
	o.spans = 0
	return taken
}

// missing is what is not known of the others; empty if there are none.
func (o *others) missing() []snapshot.Missing {
	if len(o.processors) == 0 && o.exporter == nil {
		return nil
	}
	what := "more exporters"
	if n := len(o.processors); n > 0 {
		what = humanize.Comma(int64(n)) + " more like these"
	}
	if len(o.processors) == maxOthers {
		what += ", or more"
	}
	return []snapshot.Missing{{What: "processors.others", Why: fmt.Sprintf(
		"and %s: the first %d of each kind are listed; the exports of the others are counted together, and their queues and drops are not read", what, maxComponents)}}
}
