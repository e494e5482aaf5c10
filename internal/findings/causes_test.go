package findings

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// raisedAs makes a finding hold, with some evidence, as rules would.
func (j *Judge) raisedAs(id, evidence string, now time.Time) {
	r := rules[slices.IndexFunc(rules, func(r rule) bool { return r.id == id })]
	j.statuses[id].update(r, verdict{
		state: present, atOnce: true, severity: report.Critical, evidence: map[string]float64{evidence: 1}, advice: []report.Advice{code("change")},
	}, now, time.Second)
}

func (j *Judge) listNow(now time.Time) []report.Finding {
	j.noteCauses(now)
	for _, r := range rules {
		j.statuses[r.id].enter(j.causeOf(r.id, now))
	}
	return j.Conclusions().part.Findings
}

// TestCauses has each row of the table: the symptom refers to its cause, which comes first
// and alone has advice.
func TestCauses(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range causes {
		for _, symptom := range c.symptoms {
			t.Run(c.id+" causes "+symptom, func(t *testing.T) {
				j := NewJudge(report.Limits{}, nil)
				j.raisedAs(c.id, c.evidence, now)
				j.raisedAs(symptom, cmp.Or(c.of, "any"), now)
				list := j.listNow(now)
				if len(list) != 2 || list[0].ID != c.id || list[0].Because != "" || len(list[0].Advice) != 1 {
					t.Fatalf("%+v, want %s first, with advice", list, c.id)
				}
				if list[1].Because != c.id || len(list[1].Advice) != 0 {
					t.Errorf("%+v, want it explained, without advice", list[1])
				}
				j.listNow(now.Add(outlasting)) // notes the cause again: it holds
				j.statuses[c.id].update(rule{}, verdict{state: absent}, now, time.Second)
				if list = j.listNow(now.Add(2*outlasting - 1)); list[0].Because != c.id {
					t.Errorf("%+v, want it explained for a while after its cause", list)
				}
				if list = j.listNow(now.Add(2 * outlasting)); list[0].Because != "" || len(list[0].Advice) != 1 {
					t.Errorf("%+v, want advice long after the cause", list)
				}
			})
		}
		t.Run(c.id+" explains only with its evidence", func(t *testing.T) {
			j := NewJudge(report.Limits{}, nil)
			j.raisedAs(c.id, "other", now)
			j.raisedAs(c.symptoms[0], cmp.Or(c.of, "any"), now)
			for _, f := range j.listNow(now) {
				if f.Because != "" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// TestNothingDelivered has the ways in which nothing is delivered, with a queue that is full
// because of it.
func TestNothingDelivered(t *testing.T) {
	fail := func(s *snapshot.Snapshot) {
		x := &s.Exports[0]
		x.Operations, x.Errors, x.Exported, x.Failed, x.Spans = 1, 1, 0, 512, 512
		x.Latest = []snapshot.Operation{{Duration: time.Second, Spans: 512, Failed: 512}}
	}
	hang := func(n int) change {
		return func(s *snapshot.Snapshot) {
			took()(s)
			x := &s.Exports[0]
			x.Exported, x.Spans, x.Inflight, x.Waiting = 0, 0, 512, time.Duration(n)*time.Second
		}
	}
	watching := func(before, seconds int, changes func(n int) change) report.Report {
		var all []snapshot.Snapshot
		for n := range before + seconds {
			if n < before {
				all = append(all, second(n))
			} else {
				all = append(all, second(n, queued(2048), drops(100), changes(n-before+1)))
			}
		}
		return judged(report.Limits{}, all...)
	}
	for _, test := range []struct {
		name, title string
		r           report.Report
	}{
		{"all exports fail", "nothing has been delivered since otwatch attached: 20 of 20 exports failed", watching(0, 20, func(int) change { return fail })},
		{"all fail from some moment on", "nothing has been delivered since 12:00:10 UTC: 20 of 20 exports failed", watching(10, 20, func(int) change { return fail })},
		{"none returns", "nothing has been delivered since otwatch attached: an export has been running for 20 s", watching(0, 20, hang)},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := test.r.Findings[0]
			if first.ID != "export-errors" || first.Title != test.title || first.Severity != report.Critical || len(first.Advice) != 1 {
				t.Errorf("first is %+v, want %q", first, test.title)
			}
			for _, f := range test.r.Findings[1:] {
				if f.Because != "export-errors" || len(f.Advice) != 0 {
					t.Errorf("%s has the cause %q and %d pieces of advice", f.ID, f.Because, len(f.Advice))
				}
			}
			if got := active(test.r); len(got) < 3 {
				t.Errorf("%q, want the full queue and the drops beside", got)
			}
		})
	}
	alternating := watching(0, 40, func(n int) change {
		if n%10 < 5 {
			return fail
		}
		return func(*snapshot.Snapshot) {}
	})
	for _, f := range alternating.Findings {
		if f.Because != "" {
			t.Errorf("%s has the cause %q, though exports are delivered", f.ID, f.Because)
		}
	}
}

// TestOneDeliversNothing has two processors, of which one exports to a receiver that is away:
// its queue is full because of that. A processor whose queue is full although its exporter
// delivers has another cause.
func TestOneDeliversNothing(t *testing.T) {
	watching := func(filled func(*snapshot.Snapshot)) report.Report {
		var all []snapshot.Snapshot
		for n := range 20 {
			all = append(all, second(n, func(s *snapshot.Snapshot) {
				away := testsnapshot.Processor(testsnapshot.ProcessorB, testsnapshot.ProcessorA, snapshot.Reading{Queue: 100}, snapshot.Reading{Queue: 100}, 0)
				away.Exporter, away.Failed = testsnapshot.ExporterB, 512
				s.Processors = append(s.Processors, away)
				s.Exports = append(s.Exports, snapshot.Exporter{
					Address: testsnapshot.ExporterB, Component: "otlp_grpc_span_exporter", Index: 1, Operations: 1, Errors: 1, Failed: 512, Spans: 512, MaxBatch: 512,
					Latest: []snapshot.Operation{{Duration: time.Second, Spans: 512, Failed: 512}},
				})
				filled(s)
			}))
		}
		return judged(report.Limits{}, all...)
	}
	full := func(n int) func(*snapshot.Snapshot) {
		return func(s *snapshot.Snapshot) {
			p := &s.Processors[n]
			p.Before.Queue, p.After.Queue, p.Peak, p.After.Dropped = 2048, 2048, 2048, 400
		}
	}
	for _, test := range []struct {
		name    string
		filled  func(*snapshot.Snapshot)
		because string
	}{
		{"of the one that is away", full(1), "export-errors"},
		{"of the other one", full(0), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := map[string]report.Finding{}
			for _, f := range watching(test.filled).Findings {
				found[f.ID] = f
			}
			const title = "an exporter has delivered nothing since otwatch attached, while others deliver"
			if f := found["export-errors"]; f.Title != title || f.Severity != report.Critical {
				t.Errorf("%+v, want %q", f, title)
			}
			for _, id := range []string{"queue-backlog", "span-drop"} {
				if f, ok := found[id]; !ok || f.Because != test.because {
					t.Errorf("%s: %+v, want it because of %q", id, f, test.because)
				}
			}
		})
	}
}
