package target

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIgnored(t *testing.T) {
	for _, test := range []struct {
		name    string
		environ []string
		modules []string
		want    []string
	}{
		{"disabled", []string{"OTEL_SDK_DISABLED=true"}, nil, []string{"OTEL_SDK_DISABLED=true"}},
		{"not disabled", []string{"OTEL_SDK_DISABLED=false"}, nil, nil},
		{"exporter that nothing makes", []string{"OTEL_TRACES_EXPORTER=none"}, nil, []string{"OTEL_TRACES_EXPORTER=none"}},
		{"exporter by autoexport", []string{"OTEL_TRACES_EXPORTER=none"}, []string{contrib + "exporters/autoexport"}, nil},
		{"exporter that programs have anyway", []string{"OTEL_TRACES_EXPORTER=otlp"}, nil, nil},
		{"protocol that nothing chooses", []string{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, nil, []string{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}},
		{"protocol by autoexport", []string{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, []string{contrib + "exporters/autoexport"}, nil},
		{"propagators that programs have anyway", []string{"OTEL_PROPAGATORS=tracecontext,baggage"}, nil, nil},
		{"other propagators", []string{"OTEL_PROPAGATORS=b3"}, nil, []string{"OTEL_PROPAGATORS=b3"}},
		{"the value may be a secret", []string{"OTEL_TRACES_EXPORTER=token-4711", "OTEL_CONFIG_FILE=/etc/secret"}, nil,
			[]string{"OTEL_CONFIG_FILE"}},
		{"a distribution", []string{"OTEL_SDK_DISABLED=true"}, []string{"github.com/signalfx/splunk-otel-go"}, nil},
		{"other variables", []string{"OTEL_SERVICE_NAME=shop", "OTEL_SDK_DISABLEDX=true"}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ignored(test.environ, func(module string) bool { return slices.Contains(test.modules, module) })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
