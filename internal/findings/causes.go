package findings

import (
	"slices"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

// cause is a finding that explains others, its symptoms: only the cause has advice.
type cause struct {
	id       string
	while    string // when it explains its symptoms
	evidence string // key that it has then
	symptoms []string
	of       string // key that the symptoms' evidence has if this is their cause; empty for any
}

// causes is the table of causes. The first one that holds explains a symptom.
var causes = []cause{
	{id: "not-exported", while: "spans end and no processor receives them", evidence: "ended_in_windows",
		symptoms: []string{"batch-config", "queue-backlog", "span-drop", "export-slow"}},
	{id: "export-errors", while: "nothing is delivered", evidence: undelivered,
		symptoms: []string{"batch-config", "queue-backlog", "span-drop", "export-slow"}},
	{id: "export-errors", while: "one of several exporters delivers nothing", evidence: undeliveredByOne,
		symptoms: []string{"queue-backlog", "span-drop"}, of: undeliveredByIts},
	{id: "export-errors", while: "one of several exporters delivers nothing: its exports wait for a receiver until they time out", evidence: undeliveredByOne,
		symptoms: []string{"export-slow"}},
	{id: "flush-per-request", while: "requests wait for flushes, each of which exports what is there", evidence: perRequest,
		symptoms: []string{"batch-config"}},
	{id: "cpu-starved", while: "the process does not get to run", evidence: "limit",
		symptoms: []string{"queue-backlog", "export-slow"}},
	{id: "components-leak", while: "components are built and not shut down", evidence: "not_shut_down",
		symptoms: []string{"memory-growth"}},
	{id: "spans-retained", while: "a processor or exporter keeps spans, which are most of the growth", evidence: "entries",
		symptoms: []string{"memory-growth"}, of: keptShare},
	{id: "scope-churn", while: "tracers or instruments are created without end", evidence: "created",
		symptoms: []string{"memory-growth"}},
	{id: "high-cardinality", while: "metrics get ever more attribute sets", evidence: growingPoints,
		symptoms: []string{"metrics-cost", "memory-growth"}},
	{id: "cpu-starved", while: "the process does not get to run, and exports time out", evidence: "limit",
		symptoms: []string{"export-errors"}, of: "deadline_errors"},
}

// outlasting is how long symptoms last after their cause: losses are judged by the whole
// watch for a minute after the last one.
const outlasting = 2 * time.Minute

// is reports whether a finding is the cause.
func (c cause) is(f report.Finding) bool {
	_, has := f.Evidence[c.evidence]
	return c.id == f.ID && has
}

// explains reports whether a finding is a cause.
func explains(f report.Finding) bool {
	return slices.ContainsFunc(causes, func(c cause) bool { return c.is(f) })
}

// key identifies the cause in Judge.explained: a finding may explain others in several ways.
func (c cause) key() string { return c.id + " " + c.evidence }

// noteCauses notes which findings are causes now.
func (j *Judge) noteCauses(now time.Time) {
	for _, c := range causes {
		if st := j.statuses[c.id]; st.raised && c.is(st.finding) {
			j.explained[c.key()] = now
		}
	}
}

// causeOf is the id of the finding that explains a symptom now; "" if there is none.
func (j *Judge) causeOf(symptom string, now time.Time) string {
	for _, c := range causes {
		held, found := j.explained[c.key()]
		_, has := j.statuses[symptom].finding.Evidence[c.of]
		if found && now.Sub(held) < outlasting && slices.Contains(c.symptoms, symptom) && (has || c.of == "") {
			return c.id
		}
	}
	return ""
}

// Cause is what the documentation says of a cause.
type Cause struct {
	ID, While string
	Symptoms  []string
}

// Causes returns the table of causes.
func Causes() []Cause {
	var table []Cause
	for _, c := range causes {
		table = append(table, Cause{c.id, c.while, slices.Clone(c.symptoms)})
	}
	return table
}
