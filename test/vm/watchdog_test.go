package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, w := watchConsole(context.Background(), time.Minute)
		defer w.stop()
		for range 3 {
			time.Sleep(50 * time.Second)
			if _, err := w.Write([]byte("=== RUN   TestCount\r\n\r\n")); err != nil || ctx.Err() != nil {
				t.Fatalf("errors %v and %v on a console that is not silent", err, ctx.Err())
			}
		}
		time.Sleep(61 * time.Second)
		if cause := context.Cause(ctx); cause == nil || !strings.Contains(cause.Error(), "TestCount") {
			t.Errorf("after a minute of silence the cause is %v, want one that names the last line", cause)
		}
	})
}

func TestWatchdogStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, w := watchConsole(context.Background(), time.Minute)
		w.stop()
		time.Sleep(2 * time.Minute)
		if cause := context.Cause(ctx); cause != context.Canceled {
			t.Errorf("the cause is %v, want none of the watchdog's", cause)
		}
	})
}
