package main

import (
	"bytes"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

// TestEndedTargetsAreScrapedForAWhile: at least once, however late the first scrape is.
func TestEndedTargetsAreScrapedForAWhile(t *testing.T) {
	now := time.Now()
	s := scrapes{now: func() time.Time { return now }}
	reports := func(ended bool) iter.Seq2[report.Report, bool] {
		return func(yield func(report.Report, bool) bool) {
			running, other := report.Report{Target: report.Target{PID: 1}}, report.Report{Target: report.Target{PID: 2}}
			running.Window.Seconds, other.Window.Seconds = 60, 60
			_ = yield(running, false) && yield(other, ended)
		}
	}
	steps := []struct {
		after time.Duration
		ended bool
		want  int
	}{{0, false, 2}, {time.Hour, true, 2}, {scrapedFor, true, 2}, {time.Second, true, 1}, {time.Hour, true, 1}}
	for i, step := range steps {
		now = now.Add(step.after)
		if got := len(s.reports(reports(step.ended))); got != step.want {
			t.Errorf("step %d: %d reports, want %d", i, got, step.want)
		}
	}
}

// TestListenErrors are told before anything is attached, here to a process that does not
// exist.
func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	config := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(config, []byte("tls_server_config:\n  cert_file: a\n  key_file: b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"a used port":        {[]string{"--listen", taken.Addr().String()}, exitFailure, "choose another port"},
		"no port":            {[]string{"--listen", "localhost"}, exitUsage, `--listen "localhost"`},
		"a bad certificate":  {[]string{"--listen", ":0", "--web.config.file", config}, exitUsage, config + ":2: "},
		"a file alone":       {[]string{"--web.config.file", config}, exitUsage, "needs --listen"},
		"a bad resource":     {[]string{"--resource", "team"}, exitUsage, `--resource "team"`},
		"a fixed attribute":  {[]string{"--resource", "process.pid=1"}, exitUsage, "process.pid"},
		"a kept attribute":   {[]string{"--drop-attribute", "service.instance.id"}, exitUsage, "mix the series"},
		"unknown metrics":    {[]string{"--metrics", "most"}, exitUsage, "--metrics"},
		"unknown protocol":   {[]string{"--protocol", "http/json"}, exitUsage, "--protocol"},
		"a path with gRPC":   {[]string{"--protocol", "grpc", "--endpoint", "http://h:4317/v1/metrics"}, exitUsage, "has no path"},
		"an endpoint's user": {[]string{"--endpoint", "http://u:secret@h:4318"}, exitUsage, "--endpoint"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			stderr := &strings.Builder{}
			code := run(t.Context(), append([]string{"otwatch", "attach", "--pid", "1999999999"}, tt.args...), os.Stdin, os.Stdout, stderr)
			if code != tt.code || !strings.Contains(stderr.String(), tt.says) || strings.Contains(stderr.String(), "secret") {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, tt.code, tt.says, stderr)
			}
		})
	}
}

// busyPages are the pages of that many busy targets, of which the first has been watched
// for longer than its charts show intervals.
func busyPages(targets int) map[string]func(io.Writer) error {
	config := attachConfig{listen: ":0", metrics: metricsAll, selection: agent.Selection{All: true}}
	figures := newMonitor(config)
	for i := range targets {
		intervals := 3
		if i == 0 {
			intervals = 300
		}
		for n := range intervals {
			s := testsnapshot.Busy()
			s.Target.PID = 1000 + i
			s.Start = s.Start.Add(time.Duration(n) * s.Elapsed)
			figures.Add(s)
		}
	}
	pages := pagesOf(config, &outbound{scraper: export.NewScraper(export.Format{})}, figures, agent.NewFleet(config.selection, nil, slog.New(slog.DiscardHandler)))
	return map[string]func(io.Writer) error{
		"metrics": pages.Metrics, "report": pages.Report, "index": pages.Index,
		"target": func(w io.Writer) error { return pages.Target(w, 1000, testsnapshot.Busy().Target.StartTicks) },
	}
}

// TestPagesAreSmall with 200 targets.
func TestPagesAreSmall(t *testing.T) {
	pages := busyPages(200)
	for name, most := range map[string]int{"metrics": 5_000_000, "report": 5_000_000, "index": 300_000, "target": 300_000} {
		var page bytes.Buffer
		if err := pages[name](&page); err != nil || page.Len() > most || page.Len() == 0 {
			t.Errorf("%s: %d bytes, want at most %d; %v", name, page.Len(), most, err)
		}
	}
}

// BenchmarkPages renders the pages of 200 targets from their figures.
func BenchmarkPages(b *testing.B) {
	for name, render := range busyPages(200) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := render(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
