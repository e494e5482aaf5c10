package findings

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestIgnoredSettings(t *testing.T) {
	set := func(names ...string) change {
		return func(s *snapshot.Snapshot) { s.Target.Configured, s.Target.Ignored = []string{}, names }
	}
	noSpans := func(s *snapshot.Snapshot) { silent(nil)(s); s.Processors = nil }
	for _, test := range []struct {
		name    string
		changes []change
		want    string // a part of the title; "" is no finding
	}{
		{"none", []change{set()}, ""},
		{"one", []change{set("OTEL_SDK_DISABLED=true")}, "OTEL_SDK_DISABLED=true has no effect"},
		{"two", []change{set("OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none")}, "OTEL_SDK_DISABLED=true and OTEL_TRACES_EXPORTER=none have no effect"},
		{"the program made that exporter", []change{set("OTEL_TRACES_EXPORTER=console"), func(s *snapshot.Snapshot) { s.Exports[0].Component = "stdouttrace.Exporter" }}, ""},
		{"another protocol", []change{set("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf")}, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf has no effect"},
		{"the protocol of its exporter", []change{set("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")}, ""},
		{"the program reads it itself", []change{set("OTEL_SDK_DISABLED=true"), noSpans}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := ""
			for _, f := range judged(report.Limits{}, steadily(test.changes...)...).Findings {
				if f.ID == "ignored-settings" {
					found = f.Severity + " " + f.Title
				}
			}
			if (found == "") != (test.want == "") || !strings.Contains(found, test.want) || found != "" && !strings.HasPrefix(found, report.Info) {
				t.Errorf("found %q, want %q", found, test.want)
			}
		})
	}
}
