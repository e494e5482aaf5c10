package main

// alert is one alert of Prometheus. In its texts, #error.type is the value of a label.
type alert struct {
	name        string
	query       string
	lasting     string // how long it must hold before anybody hears of it
	severity    string // warning or critical
	summary     string // without values, so that it is the same while the alert lasts
	description string // with values
	runbook     string // what to look at, and what to do
}

// host is the host of each process that has been watched in the last hour.
const host = `group by (job, instance, #host.name) (last_over_time(target_info{#host.name!=""}[1h]))`

var alerts = []alert{
	{
		name:     "OtwatchTracingCPUHigh",
		query:    `sum by (job) (job:otwatch_tracing_cpu_share:ratio{#otwatch.estimate.bound="low"}) > 0.05`,
		lasting:  "15m",
		severity: "warning",
		summary:  "Tracing takes more than 5 % of the CPU time of #job",
		description: `Tracing takes at least {{ $value | humanizePercentage }} of the CPU time of #job. ` +
			`This is the lower bound of the 95 % interval.`,
		runbook: `See which stage costs most ("Share by stage" of the dashboard), and run "otwatch attach --pid" on one process: ` +
			`its findings have settings to paste. What helps most often: sample fewer traces, start fewer spans a request, a batch processor ` +
			`in place of a simple one, fewer attributes. If this share is what you want, raise the limit.`,
	},
	{
		name:     "OtwatchMemoryGrowth",
		query:    `sum by (job, instance) (@otwatch.process.memory.growth{#otwatch.estimate.bound="low"}) * 21600 > on (job, instance) @process.memory.usage`,
		lasting:  "30m",
		severity: "warning",
		summary:  "The memory of a process of #job grows steadily",
		description: `At the rate of the last hours, the memory of process #instance of #job grows by at least ` +
			`{{ $value | humanize1024 }}B in six hours, which is more than it uses now.`,
		runbook: `Look for OtwatchSpanLeak on the same service first: spans that are never ended stay in memory. If there is none, the growth may ` +
			`have nothing to do with tracing: take a heap profile. "otwatch attach --pid" names what grows, as far as it can tell.`,
	},
	{
		name:     "OtwatchExportSlow",
		query:    `job:otel_export_duration_seconds:p99_5m > 1`,
		lasting:  "10m",
		severity: "warning",
		summary:  "Exports of #job are slow",
		description: `One in a hundred exports of #job by #otel.component.type takes longer than {{ $value | humanizeDuration }}. ` +
			`Values above 10 s are shown as 10 s.`,
		runbook: `Check the receiver (CPU, memory limiter, queue) and the network between. While exports are slow, the queue fills: see "Queue" and ` +
			`OtwatchSpansDropped. A simple processor makes requests wait for each export: use a batch processor.`,
	},
	{
		name:        "OtwatchSpansDropped",
		query:       `job:otel_span_dropped:ratio_rate5m > 0.01`,
		lasting:     "5m",
		severity:    "critical",
		summary:     "#job drops spans at a full queue",
		description: `#job drops {{ $value | humanizePercentage }} of its sampled spans, because a processor's queue is full.`,
		runbook: `Traces have holes until this ends. If exports are slow or fail (OtwatchExportSlow, OtwatchExportFailures), mend that first. ` +
			`Otherwise the process makes more spans than one exporter sends: raise OTEL_BSP_MAX_EXPORT_BATCH_SIZE, lower OTEL_BSP_SCHEDULE_DELAY, ` +
			`sample less; a larger OTEL_BSP_MAX_QUEUE_SIZE helps against bursts only.`,
	},
	{
		name:        "OtwatchQueueFull",
		query:       `job:otel_span_queue:ratio > 0.8`,
		lasting:     "10m",
		severity:    "warning",
		summary:     "The span queue of a process of #job is nearly full",
		description: `The fullest span queue of #job is {{ $value | humanizePercentage }} full.`,
		runbook:     `Spans will be dropped soon. The causes are those of OtwatchSpansDropped: a slow or failing receiver, or more spans than the exporter sends.`,
	},
	{
		name: "OtwatchExportFailures",
		query: `sum by (job, #otel.component.type) (rate(@otel.sdk.exporter.operation.duration:count{#error.type!=""}[5m])) > 0 ` +
			`or sum by (job, #otel.component.type) (rate(@otel.sdk.exporter.span.exported{#error.type!=""}[5m])) > 0`,
		lasting:     "10m",
		severity:    "warning",
		summary:     "Exports of #job fail",
		description: `Exports of #job by #otel.component.type have failed for ten minutes.`,
		runbook: `Telemetry of these exports is lost. Check that the receiver is up, and the program's own log for the error. Usual causes: wrong ` +
			`endpoint or port (4317 is gRPC, 4318 is HTTP), TLS on one side only, wrong credentials, batches above the receiver's limit.`,
	},
	{
		name:        "OtwatchSpanLeak",
		query:       `sum by (job) (@otwatch.finding.active{#otwatch.finding.id="span-leak"}) > 0`,
		lasting:     "10m",
		severity:    "warning",
		summary:     "#job starts spans that it never ends",
		description: `{{ $value }} processes of #job start spans that are never ended: these are never exported, and may stay in memory.`,
		runbook: `The dashboard's "Spans never ended" names the lines of code. Add "defer span.End()" after the Start, on all paths. ` +
			`A span that another goroutine ends late is no leak: see docs/leaks.md.`,
	},
	{
		name:        "OtwatchFindingCritical",
		query:       `sum by (job, #otwatch.finding.id) (@otwatch.finding.active{#otwatch.finding.severity="critical"}) > 0`,
		lasting:     "5m",
		severity:    "critical",
		summary:     "otwatch has a critical finding on #job: #otwatch.finding.id",
		description: `The finding #otwatch.finding.id holds with severity critical for {{ $value }} processes of #job.`,
		runbook:     `docs/findings.md says what the finding means and when it clears. "otwatch attach --pid" on one of the processes shows the evidence and advice.`,
	},
	{
		name: "OtwatchMissing",
		query: `group by (#host.name) (last_over_time(@otwatch.probe.lost[1h]) * on (job, instance) group_left (#host.name) ` + host + `) ` +
			`unless on (#host.name) group by (#host.name) (@otwatch.probe.lost * on (job, instance) group_left (#host.name) ` + host + `)`,
		lasting:     "15m",
		severity:    "warning",
		summary:     "otwatch sends nothing from #host.name any more",
		description: `otwatch watched processes on #host.name within the last hour, and nothing has come from there for 20 minutes.`,
		runbook: `On the host: "systemctl status otwatch", its log, and whether it reaches its endpoint. The alert is harmless if the host is gone, ` +
			`or if no Go process with the OpenTelemetry SDK runs there any more. It resolves by itself after an hour.`,
	},
	{
		name: "OtwatchOverBudget",
		query: `sum by (job, instance) (rate(@otwatch.probe.target.cpu.time[15m])) ` +
			`> clamp_min(0.01 * sum by (job, instance) (rate(@process.cpu.time[15m])), 0.001)`,
		lasting:     "15m",
		severity:    "warning",
		summary:     "Watching costs a process of #job more than the budget",
		description: `otwatch's probes take {{ $value | printf "%.3f" }} cores of process #instance of #job: more than 1 % of its CPU time, and more than 0.1 % of a core.`,
		runbook: `The limits are those of the default --budget: change them here if you changed that. otwatch closes probes that exceed its budget, so this lasts ` +
			`only if otwatch and its guard get no CPU time: see docs/limitations.md. "otwatch attach --no-uprobes" watches without probes.`,
	},
	{
		name:        "OtwatchLosingRecords",
		query:       `sum by (job) (rate(@otwatch.probe.lost[5m])) > 0`,
		lasting:     "10m",
		severity:    "warning",
		summary:     "otwatch loses records of #job",
		description: `otwatch loses {{ $value | humanize }} records of #job a second, so its counts are too low.`,
		runbook: `otwatch does not get enough CPU time to read what its probes write, or a table is full. Give it CPU (CPUQuota of the unit, limits ` +
			`of the container), or watch fewer processes with --name or --exclude.`,
	},
}
