package findings

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// minUnreceived is the share of the ended spans that must reach no processor, while others do.
const minUnreceived = 0.1

// judgeUnreceived judges spans whose TracerProvider has no processor, beside others whose
// provider has one. Only what windows counted together can be compared, and only if the end of a
// span counts once. A provider with two processors hands each span to both: then fewer seem to
// reach none. ok is false if all reach one, or it is not known, as when not every processor has a
// probe.
func judgeUnreceived(s facts) (v verdict, ok bool) {
	all := silence(s.Intervals)
	ends, received := all.calls("end"), all.calls("span")+all.calls(customProcessor)
	last := s.Last().Snapshot
	if s.unprobed() || ends < minRecordedEnds || received >= ends || last.CountOf("span") == nil || last.CountOf("unsampled") == nil {
		return verdict{}, false
	}
	part := estimate.Proportion(estimate.Ratio(ends-received, ends), ends)
	if part.Low < minUnreceived {
		return verdict{}, false
	}
	title := fmt.Sprintf("%s of the ended spans reach no span processor: their TracerProvider has none", estimate.Percent(part.Value))
	place := "the code that makes them"
	if l := s.mostUnreceived(); l != nil {
		place = l.name()
		title += fmt.Sprintf("; as %q, started at %s", l.SpanName, place)
	}
	return verdict{
		state: present, severity: report.Warning, title: title,
		evidence: map[string]float64{"unreceived_share": part.Value, "low": part.Low, "high": part.High, "ended_in_windows": float64(ends)},
		advice: []report.Advice{code("check which TracerProvider " + place + " uses: give it the program's, which has a processor. " +
			"If these spans are not to be exported, use the no-op provider: making them costs as much as spans that are exported")},
	}, true
}

// mostUnreceived is the line with the most spans of a name that no processor received; nil if
// there is none.
func (s facts) mostUnreceived() (most *leak) {
	if len(s.leaks) == 0 {
		return nil
	}
	names := s.minute().Names
	if names.Overflow.Read > 0 {
		return nil
	}
	received := map[string]bool{}
	for _, name := range names.List {
		received[name.Name] = true
	}
	for i, l := range s.leaks {
		if l.SpanName != "" && !received[l.SpanName] && (most == nil || l.OfSpans > most.OfSpans) {
			most = &s.leaks[i]
		}
	}
	return most
}
