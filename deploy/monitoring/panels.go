package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

// panel is one panel of the dashboard. In names of series, #error.type is the value of a label.
type panel struct {
	title       string
	description string
	kind        kind
	unit        string
	width       uint32 // of 24
	stacked     bool
	queries     []query
}

type kind int

const (
	lines  kind = iota // over time
	figure             // one number
	rows               // a table: a row for each series, a column for each query
)

// query is one line, or one column of a table.
type query struct {
	text   string
	legend string // of lines; the title of a column
	unit   string // of a column, if it is not the panel's
}

// section is a row of the dashboard.
type section struct {
	title  string
	panels []panel
}

// Macros of queries. $service and $process are the variables of the dashboard.
const (
	chosen = `job=~"$service",instance=~"$process"`

	// cpu is the cores of each process; of the chosen ones in chosenCPU.
	cpu       = `sum by (job, instance) (rate(@process.cpu.time[$__rate_interval]))`
	chosenCPU = `sum by (job, instance) (rate(@process.cpu.time{` + chosen + `}[$__rate_interval]))`

	// otelCores is the cores that all signals take in each process; where only the essential
	// metrics are sent, those of tracing.
	otelCores = `((sum by (job, instance) (@otwatch.signal.cpu.share{#otwatch.estimate.bound=""}) ` +
		`or sum by (job, instance) (@otwatch.tracing.cpu.share{#otwatch.estimate.bound=""})) * on (job, instance) ` + cpu + `)`

	// hostOf is the host of each process.
	hostOf = `group by (job, instance, #host.name) (target_info{#host.name!=""})`
)

// ofService is a share of the CPU time of a service: the mean of those of its processes,
// weighted by their CPU time. by are labels, each with a comma before it.
func ofService(metric, by string) string {
	return `sum by (job` + by + `) (@` + metric + ` * on (job, instance) group_left () ` + chosenCPU + `)` +
		` / on (job) group_left () (sum by (job) (` + chosenCPU + ` and on (job, instance) @otwatch.tracing.cpu.share{` + chosen + `}) > 0)`
}

func meanOf(metric string) []query {
	return interval(`avg by (job) (@`+metric+`{`+chosen+`,#otwatch.estimate.bound="BOUND"})`, "#job")
}

const quantiles = `histogram_quantile(QUANTILE, sum by (job, #otel.component.type, le) (rate(@otel.sdk.exporter.operation.duration:bucket{` + chosen + `}[$__rate_interval])))`

func rateOf(metric, matchers string) string {
	return `sum by (job) (rate(@` + metric + `{` + chosen + matchers + `}[$__rate_interval]))`
}

var sections = []section{
	{"Fleet", []panel{
		{title: "Cores that OpenTelemetry takes", kind: figure, unit: units.Short, width: 6,
			description: "CPU time per second that traces, metrics and logs cost all watched processes, in cores: export, batching, attributes, and the garbage collection that they cause. Where only the essential metrics are sent, those of traces. Code that calls the API, such as otelhttp, is not included.",
			queries:     []query{{text: `sum(` + otelCores + `)`}}},
		{title: "Price per month", kind: figure, unit: "locale", width: 6,
			description: "These cores for 730 hours, at the price of a core-hour that is set above.",
			queries:     []query{{text: `sum(` + otelCores + `) * $price * 730`}}},
		{title: "Processes watched", kind: figure, unit: units.Short, width: 6,
			description: "Processes from which metrics of otwatch came in the last five minutes.",
			queries:     []query{{text: `count(@otwatch.probe.lost)`}}},
		{title: "Critical findings", kind: figure, unit: units.Short, width: 6,
			description: "Findings that hold now with severity critical, over all processes.",
			queries:     []query{{text: `sum(@otwatch.finding.active{#otwatch.finding.severity="critical"}) or vector(0)`}}},
		{title: "Cores by service", unit: units.Short, width: 12, stacked: true,
			description: "The ten services in which OpenTelemetry takes most CPU time, in cores.",
			queries:     []query{{text: `topk(10, sum by (job) (` + otelCores + `))`, legend: "#job"}}},
		{title: "Spans lost", unit: "spans/s", width: 12,
			description: "Spans that were dropped at a full queue, and spans whose export failed, by service.",
			queries: []query{
				{text: `topk(10, sum by (job) (rate(@otel.sdk.processor.span.processed{#error.type="queue_full"}[$__rate_interval])))`, legend: "#job dropped"},
				{text: `topk(10, sum by (job) (rate(@otel.sdk.exporter.span.exported{#error.type!=""}[$__rate_interval])))`, legend: "#job failed"},
			}},
		{title: "The ten dearest services", kind: rows, width: 12,
			description: "The services in which OpenTelemetry takes most CPU time: cores, share of the service's own CPU time, and price per month.",
			queries: []query{
				{text: `topk(10, sum by (job) (` + otelCores + `))`, legend: "Cores", unit: units.Short},
				{text: `topk(10, sum by (job) (` + otelCores + `)) / (sum by (job) (` + cpu + ` and on (job, instance) @otwatch.tracing.cpu.share) > 0)`, legend: "Share of its CPU", unit: units.PercentUnit},
				{text: `topk(10, sum by (job) (` + otelCores + `)) * $price * 730`, legend: "Price per month", unit: "locale"},
			}},
		{title: "Findings that hold", kind: rows, unit: units.Short, width: 12,
			description: "Findings by service, with the number of processes for which they hold. A click on a finding opens its description.",
			queries:     []query{{text: `sum by (job, #otwatch.finding.id, #otwatch.finding.severity) (@otwatch.finding.active) > 0`, legend: "Processes"}}},
	}},
	{"Service", []panel{
		{title: "Share of tracing", unit: units.PercentUnit, width: 12,
			description: "Share of the service's CPU time that tracing takes, with the 95 % interval. It is the share since otwatch attached, not that of the last minute. For several processes, the bounds are means of theirs, which are further apart than the bounds of the mean.",
			queries:     interval(ofService(`otwatch.tracing.cpu.share{`+chosen+`,#otwatch.estimate.bound="BOUND"}`, ""), "#job")},
		{title: "Share by signal", unit: units.PercentUnit, width: 12, stacked: true,
			description: "Share of the service's CPU time that traces, metrics and logs take, and that of the code which calls them and builds attributes (instrumentation, which remains with a no-op provider).",
			queries: []query{
				{text: ofService(`otwatch.signal.cpu.share{`+chosen+`,#otwatch.estimate.bound=""}`, ", #otwatch.signal"), legend: "#job #otwatch.signal"},
				{text: ofService(`otwatch.instrumentation.cpu.share{`+chosen+`,#otwatch.estimate.bound=""}`, ""), legend: "#job instrumentation"},
			}},
		{title: "Share by stage", unit: units.PercentUnit, width: 12, stacked: true,
			description: "Where in tracing the CPU time goes: starting and ending spans, attributes, the processor's queue, encoding, sending, garbage collection.",
			queries:     []query{{text: ofService(`otwatch.tracing.stage.cpu.share{`+chosen+`,#otwatch.estimate.bound=""}`, ", #otwatch.tracing.stage"), legend: "#job #otwatch.tracing.stage"}}},
		{title: "Share by stage, with intervals", kind: rows, unit: units.PercentUnit, width: 12,
			description: "The same now, with the bounds of the 95 % intervals.",
			queries: []query{
				{text: ofService(`otwatch.tracing.stage.cpu.share{`+chosen+`,#otwatch.estimate.bound=""}`, ", #otwatch.tracing.stage"), legend: "Share"},
				{text: ofService(`otwatch.tracing.stage.cpu.share{`+chosen+`,#otwatch.estimate.bound="low"}`, ", #otwatch.tracing.stage"), legend: "Low"},
				{text: ofService(`otwatch.tracing.stage.cpu.share{`+chosen+`,#otwatch.estimate.bound="high"}`, ", #otwatch.tracing.stage"), legend: "High"},
			}},
		{title: "Spans", unit: "spans/s", width: 12,
			description: "Spans per second: started (an estimate), processed (passed on to the exporter), exported, dropped at a full queue, failed. Fewer are processed than started if not all are sampled.",
			queries: []query{
				{text: `sum by (job) (@otwatch.span.started.rate{` + chosen + `,#otwatch.estimate.bound=""})`, legend: "#job started"},
				{text: rateOf("otel.sdk.processor.span.processed", `,#error.type=""`), legend: "#job processed"},
				{text: rateOf("otel.sdk.exporter.span.exported", `,#error.type=""`), legend: "#job exported"},
				{text: rateOf("otel.sdk.processor.span.processed", `,#error.type="queue_full"`), legend: "#job dropped"},
				{text: rateOf("otel.sdk.exporter.span.exported", `,#error.type!=""`), legend: "#job failed"},
			}},
		{title: "Span queue", unit: units.PercentUnit, width: 12,
			description: "Spans in the queue of each batch processor, as a share of its capacity. The fullest queue of the service's processes. At 100 % spans are dropped.",
			queries:     []query{{text: `max by (job, #otel.component.name) (@otel.sdk.processor.span.queue.size{` + chosen + `} / (@otel.sdk.processor.span.queue.capacity{` + chosen + `} > 0))`, legend: "#job #otel.component.name"}}},
		{title: "Export duration", unit: units.Seconds, width: 12,
			description: "Duration of exports of spans, metrics and logs, including retries: 50 %, 90 % and 99 % are shorter. Values above 10 s are shown as 10 s. See the findings export-slow and sync-export.",
			queries: []query{
				{text: withQuantile("0.5"), legend: "#job #otel.component.type p50"},
				{text: withQuantile("0.9"), legend: "#job #otel.component.type p90"},
				{text: withQuantile("0.99"), legend: "#job #otel.component.type p99"},
			}},
		{title: "Metrics and logs", unit: units.Short, width: 12,
			description: "Data points of metrics and log records that were exported per second, and those whose export failed.",
			queries: []query{
				{text: rateOf("otel.sdk.exporter.metric_data_point.exported", `,#error.type=""`), legend: "#job data points"},
				{text: rateOf("otel.sdk.exporter.metric_data_point.exported", `,#error.type!=""`), legend: "#job data points failed"},
				{text: rateOf("otel.sdk.exporter.log.exported", `,#error.type=""`), legend: "#job log records"},
				{text: rateOf("otel.sdk.exporter.log.exported", `,#error.type!=""`), legend: "#job log records failed"},
			}},
		{title: "Memory", unit: units.BytesIEC, width: 12,
			description: "Resident memory of the service's processes. See the findings memory-growth and span-leak.",
			queries:     []query{{text: `sum by (job) (@process.memory.usage{` + chosen + `})`, legend: "#job"}}},
		{title: "Memory growth", unit: units.BytesPerSecondIEC, width: 12,
			description: "Trend of the resident memory since otwatch attached, with the 95 % interval: mean of the processes. Absent for the first minutes.",
			queries:     meanOf("otwatch.process.memory.growth")},
		{title: "Allocation", unit: units.BytesPerSecondIEC, width: 12,
			description: "Bytes that the service's processes allocate on the heap per second.",
			queries:     []query{{text: `sum by (job) (@otwatch.process.alloc.rate{` + chosen + `,#otwatch.estimate.bound=""})`, legend: "#job"}}},
		{title: "Share of allocation that is tracing's", unit: units.PercentUnit, width: 12,
			description: "Share of the allocated bytes that tracing allocates, with the 95 % interval: mean of the processes.",
			queries:     meanOf("otwatch.tracing.alloc.share")},
		{title: "CPU time per request", unit: units.Seconds, width: 12,
			description: "Mean CPU time that tracing costs a request, with the 95 % interval: mean of the processes. A request is a span without a parent in the process.",
			queries:     meanOf("otwatch.request.cost")},
		{title: "Time for which a request waits for exports", unit: units.Seconds, width: 12,
			description: "Mean time for which a request waits because a simple processor exports on its path, with the 95 % interval: mean of the processes. See the findings sync-export and flush-per-request.",
			queries:     meanOf("otwatch.request.blocked")},
		{title: "Spans never ended", kind: rows, unit: units.PercentUnit, width: 12,
			description: "Lines of code whose spans are never ended, with their share of the spans that the line starts and the 95 % interval. See the finding span-leak.",
			queries: []query{
				{text: site(""), legend: "Share"}, {text: site("low"), legend: "Low"}, {text: site("high"), legend: "High"},
			}},
		{title: "Share of spans never ended", unit: units.PercentUnit, width: 12,
			description: "Share of all recorded spans that are never ended, with the 95 % interval: mean of the processes. Such spans are never exported.",
			queries:     meanOf("otwatch.span.never_ended.share")},
		{title: "Size of exports", unit: units.BytesPerSecondIEC, width: 12,
			description: "Payloads of exported spans per second, before compression and as sent. As sent is absent for OTLP over gRPC. See the finding uncompressed.",
			queries: []query{
				{text: rateOf("otwatch.export.encoded.size", ""), legend: "#job encoded"},
				{text: rateOf("otwatch.export.sent.size", ""), legend: "#job sent"},
			}},
		{title: "Share of spans that are recorded", unit: units.PercentUnit, width: 12,
			description: "Share of the started spans that the sampler records, with the 95 % interval: mean of the processes.",
			queries:     meanOf("otwatch.span.sampled.share")},
	}},
	{"otwatch itself", []panel{
		{title: "CPU time that watching adds", unit: units.PercentUnit, width: 12,
			description: "What otwatch's probes add to the CPU time of the processes of a service, as a share of it. The budget is 1 % by default, or 0.1 % of a core if that is more.",
			queries:     []query{{text: `sum by (job) (rate(@otwatch.probe.target.cpu.time{` + chosen + `}[$__rate_interval])) / (sum by (job) (` + chosenCPU + `) > 0)`, legend: "#job"}}},
		{title: "CPU time of otwatch", unit: units.Short, width: 12,
			description: "Cores that otwatch itself takes, by host.",
			queries:     []query{{text: `max by (#host.name) (rate(@otwatch.agent.cpu.time[$__rate_interval]) * on (job, instance) group_left (#host.name) ` + hostOf + `)`, legend: "#host.name"}}},
		{title: "Memory of otwatch", unit: units.BytesIEC, width: 12,
			description: "Resident memory of otwatch itself, by host.",
			queries:     []query{{text: `max by (#host.name) (@otwatch.agent.memory.usage * on (job, instance) group_left (#host.name) ` + hostOf + `)`, legend: "#host.name"}}},
		{title: "Records lost", unit: units.Short, width: 12,
			description: "Records and map entries that otwatch lost per second. While it is not 0, its counts are too low. Unmatched are calls whose start was not seen, such as those that were in progress when otwatch attached.",
			queries: []query{
				{text: `sum by (job) (rate(@otwatch.probe.lost{` + chosen + `}[$__rate_interval]))`, legend: "#job lost"},
				{text: `sum by (job) (rate(@otwatch.probe.unmatched{` + chosen + `}[$__rate_interval]))`, legend: "#job unmatched"},
			}},
	}},
}

func site(bound string) string {
	return `max by (job, #code.function.name, #code.file.path, #code.line.number) (@otwatch.site.never_ended.share{` + chosen + `,#otwatch.estimate.bound="` + bound + `"})`
}
