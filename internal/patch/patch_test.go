package patch

import (
	"go/parser"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/report"
)

// sampled has one finding, whose advice is to sample a tenth by variables.
func sampled() report.Report {
	return withAdvice(report.Advice{
		Title: "sample 10 % of the traces", By: []string{report.ByVariables}, Expected: map[string]float64{"cpu.tracing.share": 0.014},
		Env: map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
	})
}

// wanting has one finding, whose advice is one variable.
func wanting(variable, value string) report.Report {
	return withAdvice(report.Advice{Title: "do it", By: []string{report.ByVariables}, Env: map[string]string{variable: value}})
}

// wantingBoth has one finding, whose advice is two variables.
func wantingBoth(variable, value, other, of string) report.Report {
	r := wanting(variable, value)
	r.Findings[0].Advice[0].Env[other] = of
	return r
}

// sentTo wants a collector on its host, and sends its spans elsewhere now.
func sentTo(exporter, receiver string) report.Report {
	r := wanting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")
	r.Configuration.Settings = []report.ConfiguredSetting{{Variable: "OTEL_EXPORTER_OTLP_ENDPOINT", Components: []string{exporter}, Value: receiver}}
	return r
}

// forwarding is the configuration of a collector after its exporters.
func forwarding(exporter string) string {
	return "processors:\n  batch: {}\nreceivers:\n  otlp:\n    protocols:\n      grpc:\n        endpoint: localhost:4317\n      http:\n        endpoint: localhost:4318\n" +
		"service:\n  pipelines:\n    traces:\n      exporters:\n        - " + exporter + "\n      processors:\n        - batch\n      receivers:\n        - otlp\n"
}

func withAdvice(advice ...report.Advice) report.Report {
	r := report.Report{Findings: []report.Finding{{ID: "sampling-high", State: report.Holds, Title: "tracing takes 9 % of the CPU", Advice: advice}}}
	r.Target.ServiceName, r.Target.PID = "checkout", 4711
	return r
}

// inPod runs a report's program in a pod of a deployment.
func inPod(r report.Report) report.Report {
	r.Target.Kubernetes = &report.Kubernetes{Namespace: "shop", Pod: "checkout-5d4f-x", OwnerKind: "deployment", Owner: "checkout", Container: "app"}
	return r
}

func inContainer(r report.Report, name string) report.Report {
	id := strings.Repeat("a", 64)
	r.Target.ContainerID, r.Target.ContainerName = &id, &name
	return r
}

func asService(r report.Report, unit string) report.Report {
	r.Target.SystemdUnit = unit
	return r
}

const says = " sampling-high: tracing takes 9 % of the CPU; sample 10 % of the traces; expected: cpu.tracing.share 0.014\n"

func TestForms(t *testing.T) {
	inCode := withAdvice(report.Advice{Title: "sample 10 % of the traces", By: []string{report.ByCode}, Where: []string{"main.setup"},
		Expected: map[string]float64{"cpu.tracing.share": 0.014}, Go: []string{"trace.WithSampler(trace.AlwaysSample())"}})
	for _, test := range []struct {
		name string
		of   report.Report
		form Form
		want string
	}{
		{"variables", sampled(), Auto, "# checkout, pid 4711\n#" + says + "OTEL_TRACES_SAMPLER=parentbased_traceidratio\nOTEL_TRACES_SAMPLER_ARG=0.1\n"},
		{"pod", inPod(sampled()), Auto, "# checkout, pid 4711\n#" + says +
			"kubectl set env deployment/checkout -n shop -c app OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.1\n"},
		{"service", asService(sampled(), "checkout.service"), Auto, "# checkout, pid 4711\n# /etc/systemd/system/checkout.service.d/otwatch.conf\n" +
			"# then: systemctl daemon-reload && systemctl restart checkout.service\n#" + says +
			"[Service]\nEnvironment=\"OTEL_TRACES_SAMPLER=parentbased_traceidratio\"\nEnvironment=\"OTEL_TRACES_SAMPLER_ARG=0.1\"\n"},
		{"container", inContainer(sampled(), "shop-checkout-1"), Auto, "# checkout, pid 4711\n#" + says + "# compose.override.yaml; check the name of the service\n" +
			"services:\n  checkout:\n    environment:\n      OTEL_TRACES_SAMPLER: \"parentbased_traceidratio\"\n      OTEL_TRACES_SAMPLER_ARG: \"0.1\"\n"},
		{"code", inPod(inCode), Auto, "// checkout, pid 4711\n//" + says + "// in main.setup\ntrace.WithSampler(trace.AlwaysSample()),\n"},
		{"two options", wantingBoth("OTEL_BSP_MAX_QUEUE_SIZE", "4096", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1024"), Go, "// checkout, pid 4711\n// sampling-high: tracing takes 9 % of the CPU; do it\n" +
			"trace.WithMaxExportBatchSize(1024),\ntrace.WithMaxQueueSize(4096),\n"},
		{"code, asked for variables", inPod(inCode), Kubectl, "# checkout, pid 4711\n#" + says + "#   a variable has no effect, since the code sets it: --patch go\n# nothing to set here\n"},
		{"variables, asked for code", sampled(), Go, "// checkout, pid 4711\n//" + says + "trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(0.1))),\n"},
		{"variables, asked for a file", sampled(), SDK, "# checkout, pid 4711\n# the program does not link go.opentelemetry.io/contrib/otelconf, which reads such a file\n#" + says +
			"tracer_provider:\n  sampler:\n    parent_based:\n      root:\n        trace_id_ratio_based:\n          ratio: 0.1\n"},
		{"variables, asked for a collector", sampled(), Collector, "# checkout, pid 4711\n# nothing to change in a collector\n"},
		{"a collector", sentTo("otlp_grpc_span_exporter/0", "far.example:4317"), Collector, "# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; do it\n" +
			"# if the receiver does not use TLS, add to the exporter: tls: {insecure: true}\nexporters:\n  otlp:\n    endpoint: far.example:4317\n" + forwarding("otlp")},
		{"a collector over HTTP", sentTo("otlp_http_span_exporter/0", "far.example:4318"), Collector, "# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; do it\n" +
			"# if the receiver uses TLS, write https://\nexporters:\n  otlphttp:\n    endpoint: http://far.example:4318\n" + forwarding("otlphttp")},
		{"nothing", report.Report{Target: report.Target{ServiceName: "checkout", PID: 4711}}, Auto, "# checkout, pid 4711\n# nothing to change: no finding advises a setting\n"},
		{"no setting", withAdvice(report.Advice{Title: "change the program"}), Auto,
			"# checkout, pid 4711\n# nothing to change: no finding advises a setting\n# no setting: sampling-high: tracing takes 9 % of the CPU; change the program\n"},
		{"a value to fill in", withAdvice(report.Advice{Title: "send elsewhere", By: []string{report.ByVariables}, Env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://COLLECTOR:4317"}}), Auto,
			"# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; send elsewhere\n#   fill in: OTEL_EXPORTER_OTLP_ENDPOINT=http://COLLECTOR:4317\n"},
		{"an address to fill in", wanting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[ADDRESS]:4317"), Auto,
			"# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; do it\n#   fill in: OTEL_EXPORTER_OTLP_ENDPOINT=http://[ADDRESS]:4317\n"},
		{"a collector that may not exist yet", inPod(wanting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")), Auto,
			"# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; do it\n#   once a collector listens there: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317\n"},
		{"a collector that may not exist yet, asked for code", wanting("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"), Go,
			"// checkout, pid 4711\n// sampling-high: tracing takes 9 % of the CPU; do it\n//   once a collector listens there: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317\n"},
		{"a list that others are in", inPod(wanting("NO_PROXY", "collector.shop")), Auto,
			"# checkout, pid 4711\n# sampling-high: tracing takes 9 % of the CPU; do it\n#   add to the hosts that it has: NO_PROXY=collector.shop\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := written(t, test.of, test.form); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func written(t *testing.T, r report.Report, form Form) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, []report.Report{r}, form); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFirstAdviceDecides has two findings that want the same setting.
func TestFirstAdviceDecides(t *testing.T) {
	queue := func(size string) report.Advice {
		return report.Advice{Title: size, By: []string{report.ByVariables}, Env: map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": size}}
	}
	r := withAdvice(queue("4096"), queue("8192"))
	past := r.Findings[0]
	past.State, past.Advice = report.Past, []report.Advice{queue("1")}
	r.Findings = append([]report.Finding{past}, r.Findings...)
	if got := written(t, r, Env); strings.Count(got, "OTEL_") != 1 || !strings.Contains(got, "OTEL_BSP_MAX_QUEUE_SIZE=4096\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestFileHasAllAdvice has two findings whose settings only the configuration file decides, one of
// them twice.
func TestFileHasAllAdvice(t *testing.T) {
	filed := func(lines string) report.Advice {
		return report.Advice{Title: "do it", By: []string{report.ByFile}, YAML: lines}
	}
	got := written(t, withAdvice(filed("a: 1"), filed("b: 2"), filed("a: 1")), SDK)
	if strings.Count(got, "\na: 1\n") != 1 || strings.Count(got, "\nb: 2\n") != 1 {
		t.Errorf("got\n%s", got)
	}
}

// TestFileIsOneDocument has three findings whose settings share keys of the file.
func TestFileIsOneDocument(t *testing.T) {
	r := wantingBoth("OTEL_BSP_MAX_QUEUE_SIZE", "4096", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1024")
	r.Findings = append(append(r.Findings, wanting("OTEL_BSP_SCHEDULE_DELAY", "1000").Findings...), sampled().Findings...)
	const want = "tracer_provider:\n  processors:\n    - batch:\n        max_export_batch_size: 1024\n        max_queue_size: 4096\n        schedule_delay: 1000\n" +
		"  sampler:\n    parent_based:\n      root:\n        trace_id_ratio_based:\n          ratio: 0.1\n"
	if got := written(t, r, SDK); !strings.HasSuffix(got, "\n"+want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestCodeIsOneSnippet has two findings that want a limit of spans each, and one that wants two: the
// statements and the options are code that compiles, and sets all limits by one option.
func TestCodeIsOneSnippet(t *testing.T) {
	const events, links, length = "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"
	r := wantingBoth(events, "64", links, "32")
	r.Findings = append(r.Findings, wanting(length, "1024").Findings...)
	var statements, options []string
	for line := range strings.Lines(written(t, r, Go)) {
		switch line = strings.TrimSuffix(line, "\n"); {
		case strings.HasPrefix(line, "//"):
		case strings.HasSuffix(line, ","):
			options = append(options, line)
		default:
			statements = append(statements, line)
		}
	}
	if want := []string{"limits := trace.NewSpanLimits()", "limits.EventCountLimit = 64", "limits.LinkCountLimit = 32", "limits.AttributeValueLengthLimit = 1024"}; !slices.Equal(statements, want) {
		t.Errorf("statements %q, want %q", statements, want)
	}
	if want := []string{"trace.WithRawSpanLimits(limits),"}; !slices.Equal(options, want) {
		t.Errorf("options %q, want %q", options, want)
	}
}

// hostile is what names and values of untrusted programs may be.
const hostile = "x'; touch pwned; #\n$(touch pwned) `touch pwned` \"${HOME}\" %h \\ */ : - [a]\u2028\u0085touch pwned\x1b[31m"

// TestHostileNames writes every form for a program whose names try to be commands.
func TestHostileNames(t *testing.T) {
	r := withAdvice(report.Advice{Title: hostile, By: []string{report.ByVariables}, Env: map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": hostile}})
	r.Findings[0].Advice[0].Env[hostile] = hostile
	r.Findings[0].Title, r.Target.ServiceName, r.Target.SystemdUnit = hostile, hostile, hostile+".service"
	r = inContainer(r, hostile)
	r.Target.Kubernetes = &report.Kubernetes{Namespace: hostile, Pod: hostile, OwnerKind: "deployment", Owner: hostile, Container: hostile}
	owned := inPod(r)
	for _, form := range []Form{Kubectl, Env} {
		for _, of := range []report.Report{r, owned} {
			dir := t.TempDir()
			command := exec.Command("sh", "-c", "kubectl() { printf '%s\\n' \"$@\" >args; }\n"+written(t, of, form))
			command.Dir = dir
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", form, err, out)
			}
			if found, _ := exec.Command("find", dir, "-name", "pwned").Output(); len(found) > 0 {
				t.Errorf("%s: a command was executed by\n%s", form, written(t, of, form))
			}
		}
	}
	for _, form := range []Form{Compose, SDK, Collector} {
		var document map[string]any
		if err := yaml.Unmarshal([]byte(written(t, r, form)), &document); err != nil || len(document) > 1 {
			t.Errorf("%s: %v in %v", form, err, document)
		}
	}
	lines := strings.Split(strings.TrimSuffix(written(t, r, Systemd), "\n"), "\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, "# ") && line != "[Service]" && !strings.HasPrefix(line, `Environment="OTEL_`) {
			t.Errorf("systemd reads the line %q", line)
		}
	}
	code := written(t, withAdvice(report.Advice{Title: hostile, By: []string{report.ByVariables}, Env: map[string]string{"OTEL_TRACES_SAMPLER": "always_on"}}), Go)
	if _, err := parser.ParseExpr("f(\n" + code + ")"); err != nil {
		t.Errorf("the code has %v:\n%s", err, code)
	}
}
