package export

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/otwatch/otwatch/internal/report"
)

// reportOf is a target's Report after that many probe hits.
func reportOf(pid int, hits uint64) report.Report {
	r := fixedReport()
	r.Target.PID = pid
	r.Window.Seconds = float64(hits)
	r.Probe.Hits = hits
	return r
}

func newTestSender(t *testing.T, options Options) (*Sender, *logs) {
	t.Helper()
	var l logs
	options.Logger = l.logger()
	s, err := NewSender(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) }) // where the test has not closed it
	return s, &l
}

func closeWithin(t *testing.T, s *Sender, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return s.Close(ctx)
}

func TestOutagesLoseNothing(t *testing.T) {
	r := newReceiver(t)
	s, l := newTestSender(t, Options{Endpoint: r.address, Interval: 20 * time.Millisecond})

	s.Update([]report.Report{reportOf(1, 10)})
	eventually(t, "the receiver that was never there is warned of", func() bool { return l.warnings() == 1 })
	eventually(t, "several exports have failed", func() bool { return s.Stats().Failed > 3 })
	s.Update([]report.Report{reportOf(1, 20)})
	r.start(t)
	eventually(t, "the newest totals arrive", func() bool { return r.last(1) == 20 })
	eventually(t, "the end of the outage is told", func() bool { return l.infos() == 1 })

	r.stop()
	s.Update([]report.Report{reportOf(1, 30)})
	eventually(t, "the second outage is warned of", func() bool { return l.warnings() == 2 })
	s.Update([]report.Report{reportOf(1, 40)})
	r.start(t)
	eventually(t, "the newest totals arrive", func() bool { return r.last(1) == 40 })
	eventually(t, "the end of the outage is told", func() bool { return l.infos() == 2 })
	s.Update([]report.Report{reportOf(1, 50)})
	if err := closeWithin(t, s, 30*time.Second); err != nil {
		t.Fatal(err)
	}

	if got, want := r.arrived(1), []int64{20, 40, 50}; !slices.Equal(got, want) {
		t.Errorf("arrived: %v, want %v", got, want)
	}
	if l.warnings() != 2 || l.infos() != 2 {
		t.Errorf("want one warning and one all-clear for each of two outages:\n%s", l)
	}
	if sent := s.Stats().Sent; sent != 3 {
		t.Errorf("%d exports counted as sent, want 3", sent)
	}
}

// TestReportsAreAskedFor before each attempt, also the last one.
func TestReportsAreAskedFor(t *testing.T) {
	r := newReceiver(t)
	r.start(t)
	var hits atomic.Uint64
	s, _ := newTestSender(t, Options{Endpoint: r.address, Interval: 10 * time.Millisecond,
		Reports: func() []report.Report { return []report.Report{reportOf(1, hits.Load())} }})
	hits.Store(10)
	s.Notify()
	eventually(t, "the first totals arrive", func() bool { return r.last(1) == 10 })
	hits.Store(20)
	eventually(t, "newer totals arrive without a word", func() bool { return r.last(1) == 20 })
	hits.Store(30)
	if err := closeWithin(t, s, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := r.last(1); got != 30 {
		t.Errorf("the last totals are %d, want 30", got)
	}
}

func TestUpdateNeverWaitsForTheReceiver(t *testing.T) {
	r := newReceiver(t)
	r.answer = func(ctx context.Context, _ int64) error { <-ctx.Done(); return ctx.Err() }
	r.start(t)
	s, _ := newTestSender(t, Options{Endpoint: r.address, Interval: time.Millisecond})
	updated := make(chan struct{})
	go func() {
		defer close(updated)
		for i := range uint64(1000) {
			s.Update([]report.Report{reportOf(1, i)})
		}
	}()
	select {
	case <-updated:
	case <-time.After(30 * time.Second):
		t.Fatal("Update waits while the receiver hangs")
	}
	if held := len(s.pending.list()); held != 1 {
		t.Errorf("%d Reports are held for one target", held)
	}

	err := closeWithin(t, s, 200*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "1 of 1 exports failed") {
		t.Errorf("Close after an undelivered last export: %v", err)
	}
}

func TestCloseWithoutReceiverSaysWhatFailed(t *testing.T) {
	r := newReceiver(t)
	s, l := newTestSender(t, Options{Endpoint: r.address, Interval: time.Hour})
	s.Update([]report.Report{reportOf(1, 10)})
	eventually(t, "the outage is warned of", func() bool { return l.warnings() == 1 })
	err := closeWithin(t, s, 30*time.Second)
	if err == nil || !strings.Contains(err.Error(), r.address) || !strings.Contains(err.Error(), "exports failed") {
		t.Errorf("error %v does not say what failed", err)
	}
	if again := s.Close(context.Background()); again != err {
		t.Errorf("the second Close says %v, the first %v", again, err)
	}
	if l.warnings() != 1 {
		t.Errorf("want one warning:\n%s", l)
	}
}

func TestCloseDeliversWhatTheIntervalHasNot(t *testing.T) {
	r := newReceiver(t)
	r.start(t)
	s, _ := newTestSender(t, Options{Endpoint: "http://" + r.address, Interval: time.Hour})
	s.Update([]report.Report{reportOf(1, 10), reportOf(2, 10)})
	eventually(t, "the first totals arrive at once", func() bool { return r.last(1) == 10 && r.last(2) == 10 })
	// Target 2 ends; its last totals came with the update before.
	s.Update([]report.Report{reportOf(1, 20), reportOf(2, 15)})
	s.Update([]report.Report{reportOf(1, 30)})
	if err := closeWithin(t, s, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[int64][]int64{1: {10, 30}, 2: {10, 15}} {
		if got := r.arrived(pid); !slices.Equal(got, want) {
			t.Errorf("of target %d arrived %v, want %v", pid, got, want)
		}
	}
}

func TestCloseUnused(t *testing.T) {
	s, _ := newTestSender(t, Options{Endpoint: "127.0.0.1:1"})
	if err := closeWithin(t, s, 30*time.Second); err != nil {
		t.Error(err)
	}
}

// A receiver that refuses one target's metrics still gets the others'.
func TestRefusedTargetDoesNotHoldUpOthers(t *testing.T) {
	r := newReceiver(t)
	r.answer = func(_ context.Context, pid int64) error {
		if pid == 1 {
			return status.Error(codes.InvalidArgument, "no such tenant")
		}
		return nil
	}
	r.start(t)
	s, l := newTestSender(t, Options{Endpoint: r.address, Interval: 10 * time.Millisecond})
	s.Update([]report.Report{reportOf(1, 10), reportOf(2, 10)})
	eventually(t, "the second target's totals arrive", func() bool { return r.last(2) == 10 })
	eventually(t, "the first target's have failed twice", func() bool { return s.Stats().Failed > 1 })
	if l.warnings() != 1 || !strings.Contains(l.String(), "no such tenant") {
		t.Errorf("want one warning with the receiver's words:\n%s", l)
	}
}

func TestEndpointAndIntervalFromTheEnvironment(t *testing.T) {
	r := newReceiver(t)
	r.start(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://"+r.address)
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "60000")
	s, _ := newTestSender(t, Options{})
	if s.options.Interval != time.Minute {
		t.Errorf("interval %s, want a minute", s.options.Interval)
	}
	s.Update([]report.Report{reportOf(1, 10)})
	eventually(t, "totals arrive", func() bool { return r.last(1) == 10 })
}

func TestMeaninglessIntervalIsWarnedOf(t *testing.T) {
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "10s")
	s, l := newTestSender(t, Options{Endpoint: "127.0.0.1:1"})
	if s.options.Interval != defaultInterval || l.warnings() != 1 {
		t.Errorf("interval %s, log:\n%s", s.options.Interval, l)
	}
}

func TestTLS(t *testing.T) {
	// Only for its certificate, which is good for 127.0.0.1.
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, grpc.Creds(credentials.NewServerTLSFromCert(&web.TLS.Certificates[0])))
	r.start(t)

	tests := []struct {
		name, endpoint, certificate string
		delivered                   bool
	}{
		{"https with the authority's certificate", "https://" + r.address, authority, true},
		{"no scheme with the authority's certificate", r.address, authority, true},
		{"https without it", "https://" + r.address, "", false},
		{"http even with it", "http://" + r.address, authority, false},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", tt.certificate)
			s, _ := newTestSender(t, Options{Endpoint: tt.endpoint, Interval: time.Hour})
			s.Update([]report.Report{reportOf(i, 10)})
			err := closeWithin(t, s, 30*time.Second)
			if delivered := r.last(int64(i)) == 10; delivered != tt.delivered || (err == nil) != tt.delivered {
				t.Errorf("delivered %t, want %t; %v", delivered, tt.delivered, err)
			}
		})
	}
}

// TestWhatIsLeftIsForgotten with the target: the next one of its pid is told of anew.
func TestWhatIsLeftIsForgotten(t *testing.T) {
	r := newReceiver(t)
	r.start(t)
	s, _ := newTestSender(t, Options{Endpoint: r.address, Interval: 10 * time.Millisecond})
	for pid := 1; pid <= 50; pid++ {
		sent := reportOf(pid, 1)
		sent.Target.SelfObserved = true
		s.Update([]report.Report{sent})
		eventually(t, "the Report arrives", func() bool { return r.last(int64(pid)) == 1 })
	}
	if err := closeWithin(t, s, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if len(s.left) > 3 {
		t.Errorf("%d targets are remembered of 50 that came and went", len(s.left))
	}
}
