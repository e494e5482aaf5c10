package classify

import (
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestWorkOf(t *testing.T) {
	tests := []struct {
		name, stack string
		want        Work
	}{
		{"tracing", "@sdk.(*recordingSpan).End < main.work < main.main", Work{PartTracing, StageEnd, 1}},
		{"tracing's own goroutine", "@sdk.(*batchSpanProcessor).processQueue < runtime.goexit", Work{PartTracing, StageBatch, -1}},
		{"instrumentation", "runtime.mapassign_faststr < @otelhttp.(*middleware).serveHTTP < net/http.(*conn).serve", Work{Part: PartInstrumentation, Site: -1}},
		{"a metric recorded", "runtime.mapassign < @otel/sdk/metric.(*int64Inst).Add < main.work", Work{Part: PartSignals, Site: 2}},
		{"metrics exported", "@otel/sdk/metric.(*PeriodicReader).collectAndExport < runtime.goexit", Work{Part: PartSignals, Site: -1}},
		{"a metric of tracing's own", "@otel/sdk/metric.(*int64Inst).Add < @sdk.(*tracer).Start < main.work", Work{PartTracing, StageCreate, 2}},
		{"a log record", "@otel/sdk/log.(*logger).Emit < main.work", Work{Part: PartSignals, Site: 1}},
		{"the application", "main.hash < main.work", Work{Site: 0}},
		{"the collector", "runtime.scanObject" + marking, Work{Site: -1}},
	}
	for _, test := range tests {
		if got := WorkOf(snapshot.NewStack(1, frames(test.stack)...)); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
