package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A ruleCase is a unit test of an alert: series from minute 0 on, one value a minute, and
// what fires at a time. An alert that is not listed must not fire.
type ruleCase struct {
	name   string
	alert  string
	at     string
	series []series
	fires  []firing
}

type series struct {
	metric string // by its name in OTLP, or target_info
	labels string // as in a="1",#error.type="2"
	values string // in promtool's notation
}

type firing struct {
	labels      map[string]string // by their names in OTLP, without severity
	description string
}

// process are the labels of the process that is sick, and well those of one that is not.
const (
	process = `job="shop",instance="1"`
	well    = `job="well",instance="2"`
)

func busy(labels string) series { // one core
	return series{"process.cpu.time", labels + `,#cpu.mode="user"`, "0+60x120"}
}

func share(labels, bound, values string) series {
	return series{"otwatch.tracing.cpu.share", labels + `,#otwatch.estimate.bound="` + bound + `"`, values}
}

func slow(labels, bound, values string) series {
	return series{"otel.sdk.exporter.operation.duration:bucket", labels + `,#otel.component.type="otlp_grpc_span_exporter",le="` + bound + `"`, values}
}

var shop = map[string]string{"job": "shop"}

var ruleCases = []ruleCase{
	{name: "tracing takes 8 %, at least 6 %", alert: "OtwatchTracingCPUHigh", at: "1h",
		series: []series{
			busy(process), share(process, "", "0.08x120"), share(process, "low", "0.06x120"), share(process, "high", "0.1x120"),
			busy(well), share(well, "", "0.06x120"), share(well, "low", "0.04x120"), share(well, "high", "0.08x120")},
		fires: []firing{{shop, "Tracing takes at least 6% of the CPU time of shop. This is the lower bound of the 95 % interval."}}},
	{name: "one of ten processes takes 8 %, the service less", alert: "OtwatchTracingCPUHigh", at: "1h",
		series: []series{
			busy(process), share(process, "low", "0.08x120"),
			{"process.cpu.time", `job="shop",instance="3",#cpu.mode="user"`, "0+540x120"}, share(`job="shop",instance="3"`, "low", "0.01x120")}},
	{name: "tracing takes 8 % for ten minutes only", alert: "OtwatchTracingCPUHigh", at: "1h",
		series: []series{busy(process), share(process, "low", "0.01x48 0.08x80")}},

	{name: "memory doubles in six hours", alert: "OtwatchMemoryGrowth", at: "1h",
		series: []series{
			{"otwatch.process.memory.growth", process + `,#otwatch.estimate.bound="low"`, "6000x120"}, {"process.memory.usage", process, "104857600x120"},
			{"otwatch.process.memory.growth", well + `,#otwatch.estimate.bound="low"`, "600x120"}, {"process.memory.usage", well, "104857600x120"}},
		fires: []firing{{map[string]string{"job": "shop", "instance": "1"},
			"At the rate of the last hours, the memory of process 1 of shop grows by at least 123.6MiB in six hours, which is more than it uses now."}}},

	{name: "half of the exports take two seconds", alert: "OtwatchExportSlow", at: "1h",
		series: []series{
			slow(process, "1", "0+30x120"), slow(process, "2.5", "0+60x120"), slow(process, "+Inf", "0+60x120"),
			slow(well, "0.5", "0+60x120"), slow(well, "1", "0+60x120"), slow(well, "+Inf", "0+60x120")},
		fires: []firing{{map[string]string{"job": "shop", "otel.component.type": "otlp_grpc_span_exporter"},
			"One in a hundred exports of shop by otlp_grpc_span_exporter takes longer than 2.47s. Values above 10 s are shown as 10 s."}}},

	{name: "2 % are dropped", alert: "OtwatchSpansDropped", at: "1h",
		series: []series{
			{"otel.sdk.processor.span.processed", process, "0+98x120"}, {"otel.sdk.processor.span.processed", process + `,#error.type="queue_full"`, "0+2x120"},
			{"otel.sdk.processor.span.processed", well, "0+999x120"}, {"otel.sdk.processor.span.processed", well + `,#error.type="queue_full"`, "0+1x120"}},
		fires: []firing{{shop, "shop drops 2% of its sampled spans, because a processor's queue is full."}}},
	{name: "drops have ended", alert: "OtwatchSpansDropped", at: "1h",
		series: []series{
			{"otel.sdk.processor.span.processed", process, "0+98x120"}, {"otel.sdk.processor.span.processed", process + `,#error.type="queue_full"`, "0+20x40 800x80"}}},

	{name: "a queue is 90 % full", alert: "OtwatchQueueFull", at: "1h",
		series: []series{
			{"otel.sdk.processor.span.queue.size", process + `,#otel.component.name="batching_span_processor/0"`, "1800x120"},
			{"otel.sdk.processor.span.queue.capacity", process + `,#otel.component.name="batching_span_processor/0"`, "2000x120"},
			{"otel.sdk.processor.span.queue.size", well + `,#otel.component.name="batching_span_processor/0"`, "1000x120"},
			{"otel.sdk.processor.span.queue.capacity", well + `,#otel.component.name="batching_span_processor/0"`, "2000x120"}},
		fires: []firing{{shop, "The fullest span queue of shop is 90% full."}}},

	{name: "exports of spans and of metrics fail", alert: "OtwatchExportFailures", at: "1h",
		series: []series{
			{"otel.sdk.exporter.operation.duration:count", process + `,#otel.component.type="otlp_http_metric_exporter",#error.type="_OTHER"`, "0+1x120"},
			{"otel.sdk.exporter.span.exported", process + `,#otel.component.type="otlp_grpc_span_exporter",#error.type="_OTHER"`, "0+10x120"},
			{"otel.sdk.exporter.span.exported", well + `,#otel.component.type="otlp_grpc_span_exporter",#error.type="_OTHER"`, "7x120"},
			{"otel.sdk.exporter.span.exported", well + `,#otel.component.type="otlp_grpc_span_exporter"`, "0+10x120"}},
		fires: []firing{
			{map[string]string{"job": "shop", "otel.component.type": "otlp_http_metric_exporter"},
				"Exports of shop by otlp_http_metric_exporter have failed for ten minutes."},
			{map[string]string{"job": "shop", "otel.component.type": "otlp_grpc_span_exporter"},
				"Exports of shop by otlp_grpc_span_exporter have failed for ten minutes."}}},

	{name: "a leak in one process of two", alert: "OtwatchSpanLeak", at: "1h",
		series: []series{
			{"otwatch.finding.active", process + `,#otwatch.finding.id="span-leak",#otwatch.finding.severity="warning"`, "1x120"},
			{"otwatch.finding.active", `job="shop",instance="3",#otwatch.finding.id="span-leak",#otwatch.finding.severity="warning"`, "0x120"},
			{"otwatch.finding.active", well + `,#otwatch.finding.id="span-leak",#otwatch.finding.severity="warning"`, "1x50 0x70"}},
		fires: []firing{{shop, "1 processes of shop start spans that are never ended: these are never exported, and may stay in memory."}}},

	{name: "a critical finding", alert: "OtwatchFindingCritical", at: "1h",
		series: []series{
			{"otwatch.finding.active", process + `,#otwatch.finding.id="span-drop",#otwatch.finding.severity="critical"`, "1x120"},
			{"otwatch.finding.active", process + `,#otwatch.finding.id="batch-config",#otwatch.finding.severity="info"`, "1x120"},
			{"otwatch.finding.active", well + `,#otwatch.finding.id="span-drop",#otwatch.finding.severity="critical"`, "0x120"}},
		fires: []firing{{map[string]string{"job": "shop", "otwatch.finding.id": "span-drop"},
			"The finding span-drop holds with severity critical for 1 processes of shop."}}},

	{name: "one host is silent, another has lost a process", alert: "OtwatchMissing", at: "1h",
		series: []series{
			{"otwatch.probe.lost", process, "0+1x30 stale"}, {"target_info", process + `,#host.name="gone"`, "1x30 stale"},
			{"otwatch.probe.lost", well, "0+1x30 stale"}, {"target_info", well + `,#host.name="there"`, "1x30 stale"},
			{"otwatch.probe.lost", `job="well",instance="3"`, "0+1x120"}, {"target_info", `job="well",instance="3",#host.name="there"`, "1x120"}},
		fires: []firing{{map[string]string{"host.name": "gone"},
			"otwatch watched processes on gone within the last hour, and nothing has come from there for 20 minutes."}}},
	{name: "a Resource has changed", alert: "OtwatchMissing", at: "1h",
		series: []series{
			{"otwatch.probe.lost", process, "0+1x120"},
			{"target_info", process + `,#host.name="there",#service.version="1"`, "1x58"}, {"target_info", process + `,#host.name="there",#service.version="2"`, "_x57 1x60"}}},
	{name: "the host has been silent for hours", alert: "OtwatchMissing", at: "2h",
		series: []series{{"otwatch.probe.lost", process, "0+1x30 stale"}, {"target_info", process + `,#host.name="gone"`, "1x30 stale"}}},

	{name: "watching takes 2 % of a core; 0.05 % of an idle process", alert: "OtwatchOverBudget", at: "1h",
		series: []series{
			busy(process), {"otwatch.probe.target.cpu.time", process, "0+1.2x120"},
			{"process.cpu.time", well + `,#cpu.mode="user"`, "0+0.06x120"}, {"otwatch.probe.target.cpu.time", well, "0+0.03x120"}},
		fires: []firing{{map[string]string{"job": "shop", "instance": "1"},
			"otwatch's probes take 0.020 cores of process 1 of shop: more than 1 % of its CPU time, and more than 0.1 % of a core."}}},

	{name: "records are lost", alert: "OtwatchLosingRecords", at: "1h",
		series: []series{{"otwatch.probe.lost", process, "0+60x120"}, {"otwatch.probe.lost", well, "60x120"}},
		fires:  []firing{{shop, "otwatch loses 1 records of shop a second, so its counts are too low."}}},
}

type caseFile struct {
	RuleFiles          []string   `yaml:"rule_files"`
	EvaluationInterval string     `yaml:"evaluation_interval"`
	Tests              []testCase `yaml:"tests"`
}

type testCase struct {
	Name     string        `yaml:"name"`
	Interval string        `yaml:"interval"`
	Input    []inputSeries `yaml:"input_series"`
	Alerts   []alertCase   `yaml:"alert_rule_test"`
}

type inputSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type alertCase struct {
	At    string          `yaml:"eval_time"`
	Name  string          `yaml:"alertname"`
	Fires []expectedAlert `yaml:"exp_alerts"`
}

type expectedAlert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// renderCases writes the unit tests of the alerts, for promtool test rules.
func renderCases(f form) ([]byte, error) {
	file := caseFile{RuleFiles: []string{"otwatch.rules" + f.suffix + ".yaml"}, EvaluationInterval: "1m"}
	for _, c := range ruleCases {
		test := testCase{Name: c.name, Interval: "1m"}
		for _, s := range c.series {
			name := "@" + s.metric
			if s.metric == "target_info" {
				name = s.metric
			}
			query, err := f.query(name + "{" + withoutEmpty(s.labels) + "}")
			if err != nil {
				return nil, err
			}
			test.Input = append(test.Input, inputSeries{query, s.values})
		}
		i := slices.IndexFunc(alerts, func(a alert) bool { return a.name == c.alert })
		if i < 0 {
			return nil, fmt.Errorf("no alert is named %s", c.alert)
		}
		expected := alertCase{At: c.at, Name: c.alert}
		for _, fire := range c.fires {
			expected.Fires = append(expected.Fires, f.expect(alerts[i], fire))
		}
		test.Alerts = []alertCase{expected}
		file.Tests = append(file.Tests, test)
	}
	return asYAML(file)
}

func (f form) expect(a alert, fire firing) expectedAlert {
	labels := map[string]string{"severity": a.severity}
	for name, value := range maps.All(fire.labels) {
		labels[f.label(name)] = value
	}
	summary := labelPattern.ReplaceAllStringFunc(a.summary, func(found string) string { return fire.labels[found[1:]] })
	return expectedAlert{labels, map[string]string{"summary": summary, "description": fire.description, "runbook": a.runbook}}
}

var emptyLabel = regexp.MustCompile(`,?#[a-z_.]+=""`)

// withoutEmpty leaves out labels without a value, which to Prometheus are not there.
func withoutEmpty(labels string) string {
	return strings.TrimPrefix(emptyLabel.ReplaceAllString(labels, ""), ",")
}
