package checklist

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// Schema names the form of Checklists as JSON.
const Schema = "otwatch.checklist/v1"

// Verdicts of a Check.
const (
	Pass    = "pass"
	Fail    = "fail"
	Unknown = "unknown" // the report does not say
)

// Checklist compares a Report with what production requires of tracing.
type Checklist struct {
	// The process, as in its report.
	Target report.Target `json:"target"`
	// The answers to ten questions.
	Checks []Check `json:"checks"`
	// What tracing may be limited by, by category.
	Bottlenecks []Bottleneck `json:"bottlenecks"`
}

// Check is the answer to one question, with its evidence.
type Check struct {
	// Which question it is.
	ID string `json:"id"`
	// The question.
	Question string `json:"question"`
	// pass, fail or unknown.
	Verdict string `json:"verdict"`
	// What the verdict is based on, in one sentence.
	Evidence string `json:"evidence"`
}

// answer is a verdict with its evidence.
type answer struct{ verdict, evidence string }

// questions are the rows of the checklist. A report with one of the findings fails the
// question, whatever judge returns.
var questions = []struct {
	id, question string
	findings     []string
	rests        []string // the figures that judge goes by, if they may be doubted
	judge        func(report.Report) answer
}{
	{"sampling", "Are 1 to 10 % of spans sampled?", []string{"sampling-high"}, []string{"spans.started", "spans.sampled"}, judgeSampling},
	{"batching", "Are spans exported in batches?", []string{"sync-export", "batch-config", "flush-per-request"}, nil, judgeBatching},
	{"queue", "Do the queue and its timeouts fit the load?", []string{"queue-backlog", "span-drop", "export-slow"}, []string{"spans.dropped"}, judgeQueue},
	{"connection", "Does the receiver accept every export?", []string{"export-errors"}, nil, judgeConnection},
	{"compression", "Is the payload compressed?", []string{"uncompressed"}, nil, judgeCompression},
	{"cardinality", "Are span names and attribute values bounded?", []string{"high-cardinality"}, nil, judgeCardinality},
	{"monitoring", "Is tracing itself monitored?", nil, nil, judgeMonitoring},
	{"load", "Was tracing observed under load, without losses?", []string{"span-drop", "queue-backlog"}, []string{"spans.ended", "spans.dropped"}, judgeLoad},
	{"degradation", "Do requests and spans survive an outage of the receiver?", []string{"sync-export", "flush-per-request"}, []string{"spans.dropped", "spans.failed"}, judgeDegradation},
	{"configuration", "Is the configuration visible in OTEL_* variables?", nil, nil, judgeConfiguration},
}

// Of answers the checklist from a Report.
func Of(r report.Report) Checklist {
	list := Checklist{Target: r.Target, Bottlenecks: bottlenecks(r)}
	for _, q := range questions {
		a := q.judge(r)
		if doubt := doubted(r, q.rests); doubt != "" {
			a = answer{Unknown, doubt}
		}
		if found := among(r.Findings, q.findings); len(found) > 0 {
			evidence := describeFindings(found)
			if a.verdict != Unknown {
				evidence += "; " + a.evidence
			}
			a = answer{Fail, evidence}
		}
		list.Checks = append(list.Checks, Check{q.id, q.question, a.verdict, a.evidence})
	}
	return list
}

// doubted is the reason why one of these figures is doubted; "" if none is.
func doubted(r report.Report, figures []string) string {
	for _, figure := range figures {
		if why := report.Gaps(r.Doubted).Why(figure); why != "" {
			return why
		}
	}
	return ""
}

// among returns the findings with one of these ids.
func among(all []report.Finding, ids []string) []report.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f report.Finding) bool { return !slices.Contains(ids, f.ID) })
}

func describeFindings(found []report.Finding) string {
	var said []string
	for _, f := range found {
		said = append(said, f.Headline())
	}
	return strings.Join(said, "; ")
}

func judgeSampling(r report.Report) answer {
	started, sampled := r.Spans.Started, r.Spans.Sampled
	if started == nil || sampled == nil || started.Value == 0 {
		why := r.Why("spans.sampled")
		return answer{Unknown, cmp.Or(why, "no span was started")}
	}
	ratio := sampled.Value / started.Value
	return passIf(ratio >= 0.01 && ratio <= 0.1, estimate.Percent(ratio)+" of the started spans are sampled")
}

func judgeBatching(r report.Report) answer {
	if len(r.Processors) == 0 {
		why := r.Why("processors")
		return answer{Unknown, cmp.Or(why, "no processor was found")}
	}
	evidence := ""
	for _, p := range r.Processors {
		if p.Kind != "batch" {
			return answer{Fail, fmt.Sprintf("%s is a %s processor", p.Name, p.Kind)}
		}
	}
	if r.Export.Batch.Mean != nil {
		evidence = fmt.Sprintf(", %.0f spans per export", *r.Export.Batch.Mean)
	}
	return answer{Pass, fmt.Sprintf("all processors are batch processors (%d)%s", len(r.Processors), evidence)}
}

func judgeQueue(r report.Report) answer {
	dropped, q := r.Spans.Dropped, r.Queue
	if dropped == nil || q.Peak == nil || q.Capacity == nil {
		why := r.Why("queue")
		return answer{Unknown, cmp.Or(why, "the queue was not read")}
	}
	evidence := fmt.Sprintf("peak %d of %d spans, %.0f dropped", *q.Peak, *q.Capacity, dropped.Value)
	fits := dropped.Value == 0 && float64(*q.Peak) <= 0.8*float64(*q.Capacity)
	if p99 := r.Export.DurationMS.P99; p99 != nil {
		evidence += "; exports take " + lasting(*p99) + " (p99)"
		for _, p := range r.Processors {
			fits = fits && (p.Settings == nil || *p99 < 0.5*float64(p.Settings.ExportTimeoutMS))
		}
	}
	return passIf(fits, evidence)
}

// lasting writes a duration in milliseconds in a suitable unit.
func lasting(ms float64) string {
	switch {
	case ms < 1:
		return fmt.Sprintf("%.0f µs", ms*1e3)
	case ms < 1e3:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.3g s", ms/1e3)
}

func judgeConnection(r report.Report) answer {
	if why := r.Why("export.operations"); why != "" {
		return answer{Unknown, why}
	}
	if r.Export.Operations == 0 {
		return answer{Unknown, "nothing was exported"}
	}
	evidence := fmt.Sprintf("%d of %d exports failed", r.Export.Failed, r.Export.Operations)
	if r.Export.Retried != nil {
		evidence += fmt.Sprintf(", %d retries", *r.Export.Retried)
	}
	return passIf(r.Export.Failed == 0, evidence)
}

// judgeCompression goes by the payloads' sizes, and where these are not known, by the
// compressor's CPU time.
func judgeCompression(r report.Report) answer {
	if c, bytes := r.Export.Compression, r.Export.Bytes; c != nil && bytes != nil {
		if !c.On {
			return answer{Fail, "payloads are sent without compression"}
		}
		return answer{Pass, fmt.Sprintf("payloads are compressed to %s of their size", estimate.Percent(float64(c.SentBytes)/float64(*bytes)))}
	}
	if share := r.CPU.Stages["compress"].Share; share != nil && share.Low > 0 {
		return answer{Pass, fmt.Sprintf("compressing takes %s of the CPU time", estimate.Percent(share.Value))}
	}
	return answer{Unknown, "no compressing was sampled, and the sizes of sent payloads are not known"}
}

func judgeCardinality(r report.Report) answer {
	for _, what := range []string{"findings.high-cardinality", "names"} {
		if why := r.Why(what); why != "" {
			return answer{Unknown, why}
		}
	}
	if unbounded := unboundedOf(r.Attributes); unbounded != "" {
		return answer{Fail, "unbounded values, which are expensive if a backend indexes them or derives metrics from spans: " + unbounded}
	}
	if why := r.Why("attributes"); why != "" {
		return answer{Unknown, why}
	}
	return answer{Pass, fmt.Sprintf("no sign of unbounded values among %d span names and %d attributes", len(r.Names), len(r.Attributes))}
}

// mostlyNew is the least chance of a new value in the next span with which the values of
// an attribute count as unbounded: there are hundreds of them.
const mostlyNew = 0.5

// unboundedOf names the attributes with unbounded values; "" if there are none.
func unboundedOf(list []report.Attribute) string {
	var said []string
	for _, a := range list {
		if a.New.Low > mostlyNew {
			said = append(said, fmt.Sprintf("%s (%d in %d spans)", a.Key, a.Distinct, a.New.N))
		}
	}
	return strings.Join(said, ", ")
}

// selfObservability has the names of the switch for the SDK's own metrics, which depend
// on its version.
var selfObservability = []string{"OTEL_GO_X_OBSERVABILITY", "OTEL_GO_X_SELF_OBSERVABILITY"}

func judgeMonitoring(r report.Report) answer {
	for _, name := range selfObservability {
		if slices.Contains(r.Target.Configured, name) {
			return answer{Pass, "the SDK's own metrics are on (" + name + ")"}
		}
	}
	if r.Probe.Exporting {
		return answer{Pass, "otwatch sends metrics of tracing (--endpoint)"}
	}
	if r.Target.Configured == nil {
		return answer{Unknown, "the process's environment was not read"}
	}
	return answer{Fail, "the SDK's own metrics are off (OTEL_GO_X_OBSERVABILITY), and otwatch sends none (--endpoint)"}
}

// What counts as load: a minute of it, and enough spans to fill a default
// queue several times.
const (
	loadSeconds = 60
	loadSpans   = 10_000
)

func judgeLoad(r report.Report) answer {
	ended, dropped := r.Spans.Ended, r.Spans.Dropped
	if ended == nil || dropped == nil {
		why := r.Why("spans.ended")
		return answer{Unknown, cmp.Or(why, "spans were not counted")}
	}
	evidence := fmt.Sprintf("%.0f spans in %.0f s, %.0f dropped", ended.Value, r.Window.Seconds, dropped.Value)
	if dropped.Value == 0 && (r.Window.Seconds < loadSeconds || ended.Value < loadSpans) {
		return answer{Unknown, fmt.Sprintf("%s; the check needs %d spans in %d s or more", evidence, loadSpans, loadSeconds)}
	}
	return passIf(dropped.Value == 0, evidence)
}

func judgeDegradation(r report.Report) answer {
	for _, p := range r.Processors {
		if p.Settings != nil && p.Settings.Blocking {
			return answer{Fail, p.Name + " blocks requests when its queue is full"}
		}
	}
	retried := r.Export.Retried
	if r.Export.Failed == 0 && (retried == nil || *retried == 0) {
		return answer{Unknown, "the receiver did not fail while otwatch watched"}
	}
	if r.Spans.Dropped == nil || r.Spans.Failed == nil {
		return answer{Unknown, "the receiver failed, and the number of lost spans is not known"}
	}
	lost := r.Spans.Dropped.Value + r.Spans.Failed.Value
	return passIf(lost == 0, fmt.Sprintf("exports failed or were retried; requests were not blocked, and %.0f spans were lost", lost))
}

// explicit has the parts of the configuration that the environment should show, with the
// variables of which at least one must be set. A name that ends in _ is a prefix.
var explicit = []struct {
	part      string
	variables []string
}{
	{"the service's name", []string{"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"}},
	{"the sampler", []string{"OTEL_TRACES_SAMPLER"}},
	{"the batch processor", []string{"OTEL_BSP_"}},
	{"the exporter", []string{"OTEL_EXPORTER_"}},
}

func judgeConfiguration(r report.Report) answer {
	set := r.Target.Configured
	if set == nil {
		return answer{Unknown, "the process's environment was not read"}
	}
	if slices.Contains(set, report.SDKDisabled) {
		return answer{Fail, report.SDKDisabled + " is set, which Go's SDK ignores: it changes nothing unless the program reads it"}
	}
	var hidden []string
	for _, e := range explicit {
		if !slices.ContainsFunc(set, func(name string) bool { return isOf(e.variables, name) }) {
			hidden = append(hidden, e.part+" ("+e.variables[0]+")")
		}
	}
	if len(hidden) > 0 {
		return answer{Fail, "not set in the environment: " + strings.Join(hidden, ", ")}
	}
	return answer{Pass, fmt.Sprintf("set: %s", strings.Join(set, ", "))}
}

// isOf reports whether a name is one of the variables, or begins with one that ends in _.
func isOf(variables []string, name string) bool {
	return slices.ContainsFunc(variables, func(v string) bool {
		return v == name || strings.HasSuffix(v, "_") && strings.HasPrefix(name, v)
	})
}

func passIf(ok bool, evidence string) answer {
	if ok {
		return answer{Pass, evidence}
	}
	return answer{Fail, evidence}
}
