package target

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestEnvironment keeps no value that may be a secret.
func TestEnvironment(t *testing.T) {
	got := environment([]string{
		"OTEL_BSP_MAX_QUEUE_SIZE= 512 ", "OTEL_BSP_SCHEDULE_DELAY=token-4711", "OTEL_TRACES_SAMPLER=ParentBased_TraceIDRatio", "OTEL_TRACES_SAMPLER_ARG=0.05",
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://user:secret@collector:4317/token?key=1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=://secret",
		"OTEL_EXPORTER_OTLP_HEADERS=authorization=secret", "OTEL_SERVICE_NAME=shop", "OTEL_BSP_MAX_QUEUE_SIZE=4",
	})
	want := []snapshot.Variable{
		{Name: "OTEL_BSP_MAX_QUEUE_SIZE", Value: "512"}, {Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Value: "collector:4317"},
		{Name: "OTEL_TRACES_SAMPLER", Value: "parentbased_traceidratio"}, {Name: "OTEL_TRACES_SAMPLER_ARG", Value: "0.05"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := environment([]string{"OTEL_TRACES_SAMPLER=jaeger_remote", "OTEL_TRACES_SAMPLER_ARG=endpoint=http://secret", "OTEL_BSP_MAX_QUEUE_SIZE=1e400"}); got != nil {
		t.Errorf("%v is kept", got)
	}
}

func TestConfigurationFile(t *testing.T) {
	for _, test := range []struct {
		name      string
		environ   []string
		functions []string
		want      File
	}{
		{"no package reads it", []string{"OTEL_CONFIG_FILE=/etc/otel.yaml"}, nil, File{}},
		{"by the variable", []string{"OTEL_CONFIG_FILE=/etc/otel.yaml"}, []string{contrib + "otelconf.NewSDK"}, File{"OTEL_CONFIG_FILE", "1.0"}},
		{"by the older variable", []string{"OTEL_EXPERIMENTAL_CONFIG_FILE=/etc/otel.yaml"}, []string{contrib + "otelconf.NewSDK"}, File{"OTEL_EXPERIMENTAL_CONFIG_FILE", "1.0"}},
		{"the program finds its file", nil, []string{contrib + "otelconf.NewSDK"}, File{"", "1.0"}},
		{"a package that reads no variable", []string{"OTEL_CONFIG_FILE=/etc/otel.yaml"}, []string{contrib + "otelconf/v0%2e3%2e0.NewSDK"}, File{"", "0.3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := configurationFile(test.environ, func(f string) bool { return slices.Contains(test.functions, f) }); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
