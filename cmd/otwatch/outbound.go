package main

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/report"
)

// outbound sends metrics where the configuration says, and makes those that are scraped.
// Both may change while it is in use. Safe for concurrent use.
type outbound struct {
	figures *monitor.Monitor
	log     *slog.Logger

	mu      sync.Mutex
	sender  *export.Sender // nil: no endpoint is configured
	scraper *export.Scraper
}

// open begins to send, in place of what was sent before. On an error, everything stays as
// it was.
func (o *outbound) open(ctx context.Context, config attachConfig, format export.Format) error {
	var sender *export.Sender
	if config.sends() {
		identified := func() []report.Report { return export.Identified(o.figures.Totals()) }
		var err error
		sender, err = export.NewSender(ctx, export.Options{
			Endpoint: config.endpoint, Protocol: export.Protocol(config.protocol), Format: format, Logger: o.log, Reports: identified,
		})
		if err != nil {
			return err
		}
	}
	o.mu.Lock()
	before := o.sender
	o.sender, o.scraper = sender, export.NewScraper(format)
	o.mu.Unlock()
	o.end(ctx, before)
	o.notify()
	return nil
}

// close sends the last totals.
func (o *outbound) close(ctx context.Context) { o.end(ctx, o.current()) }

// end ends a sender, which sends its last totals.
func (o *outbound) end(ctx context.Context, sender *export.Sender) {
	if sender == nil {
		return
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := sender.Close(flush); err != nil {
		o.log.Warn("the last metrics were not delivered", "err", err)
	}
}

func (o *outbound) current() *export.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sender
}

// sends reports whether metrics are sent anywhere.
func (o *outbound) sends() bool { return o.current() != nil }

// notify says that there is something to send.
func (o *outbound) notify() {
	if sender := o.current(); sender != nil {
		sender.Notify()
	}
}

// update passes the newest totals, as Sender.Update.
func (o *outbound) update(reports []report.Report) {
	if sender := o.current(); sender != nil {
		sender.Update(reports)
	}
}

// scrape writes the metrics of reports for Prometheus.
func (o *outbound) scrape(w io.Writer, reports []report.Report) error {
	o.mu.Lock()
	scraper := o.scraper
	o.mu.Unlock()
	return scraper.Write(w, reports)
}
