package main

import (
	"io"
	"iter"
	"log/slog"
	"os"
	"time"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/serve"
	"github.com/otwatch/otwatch/internal/view"
)

const (
	// maxCharted is how many targets have charts on their pages: these take memory.
	maxCharted = 32
	// scrapedFor is how long a target is in /metrics after it has ended, so that its last
	// values are scraped once. Then Prometheus sees that its series have ended.
	scrapedFor = 2 * time.Minute
)

// newServer starts to listen if an address is configured.
func newServer(config attachConfig, log *slog.Logger) (*serve.Server, error) {
	if config.listen == "" {
		return nil, nil
	}
	server, err := serve.New(serve.Options{Address: config.listen, Config: config.webConfig, Interval: config.interval, Logger: log})
	if err != nil {
		return nil, err
	}
	log.Info("serving the live page, /metrics and /api/v1/report", "url", server.URL())
	return server, nil
}

// pagesOf are the pages of the figures.
func pagesOf(config attachConfig, out *outbound, figures *monitor.Monitor, fleet *agent.Fleet) serve.Pages {
	host, _ := os.Hostname()
	scraped := scrapes{now: time.Now}
	return serve.Pages{
		Metrics:     func(w io.Writer) error { return out.scrape(w, scraped.reports(figures.All())) },
		MetricsType: export.ScrapeType,
		Report:      func(w io.Writer) error { return export.JSON(w, document(config, figures, fleet)) },
		Index:       func(w io.Writer) error { return view.Index(w, host, figures.Frames()) },
		Target: func(w io.Writer, pid int, startTicks uint64) error {
			course, state, found := figures.Course(pid, startTicks)
			if !found {
				return serve.ErrUnknown
			}
			return view.TargetPage(w, course, state)
		},
		Style: view.PagesStyle(), Script: view.PagesScript,
	}
}

// scrapes remembers when each target was first served as ended.
type scrapes struct {
	ended map[scrapedTarget]time.Time
	now   func() time.Time
}

type scrapedTarget struct {
	pid   int
	ticks uint64
	begin time.Time
}

// reports are those of the targets that run, or ended a short time ago.
func (s *scrapes) reports(all iter.Seq2[report.Report, bool]) []report.Report {
	var reports []report.Report
	ended := map[scrapedTarget]time.Time{}
	for r, over := range all {
		if over {
			t := scrapedTarget{r.Target.PID, r.Target.Origin.StartTicks, r.Window.Start}
			since, known := s.ended[t]
			if !known {
				since = s.now()
			}
			ended[t] = since
			if s.now().Sub(since) > scrapedFor {
				continue
			}
		}
		reports = append(reports, r)
	}
	s.ended = ended
	return export.Identified(reports)
}
