package whatif

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// TestTheTimerThatFiresDuringExports keeps a real processor's queue full while
// every export outlasts its delay: half of the exports should be of few spans,
// as in a replay.
func TestTheTimerThatFiresDuringExports(t *testing.T) {
	const exports, batch = 8000, 64
	exporter := &sleeper{program: program{fixed: 20 * time.Millisecond}}
	synctest.Test(t, func(*testing.T) {
		exporter.watched = time.Now().Add(time.Hour)
		processor := sdk.NewBatchSpanProcessor(exporter, sdk.WithMaxQueueSize(exports*batch),
			sdk.WithMaxExportBatchSize(batch), sdk.WithBatchTimeout(10*time.Millisecond))
		for range exports * batch / 2 {
			processor.OnEnd(span)
		}
		for queued(processor) > 0 {
			time.Sleep(time.Second)
		}
		processor.Shutdown(context.Background())
	})
	real := float64(exporter.spans) / float64(len(exporter.exports))

	load := steady(160, 6400, batch, 20*time.Millisecond)
	replayed := mustForecast(t, load, settings(exports*batch, batch, 10*time.Millisecond)).Expected.MeanBatch
	t.Logf("%.1f spans an export in the replay, really %.1f", replayed, real)
	// Of 8,000 exports half are full, ± 1.1 % in either.
	if real < 0.95*replayed || real > 1.05*replayed {
		t.Errorf("%.1f spans an export in the replay, really %.1f", replayed, real)
	}
}
