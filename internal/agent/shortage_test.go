package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/accounting"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// poor is a prober that lacks resources.
type poor struct {
	unprobed
	err  error
	open map[probes.Group]bool
}

func (p *poor) Open(g probes.Group) error {
	if p.err == nil {
		p.open[g] = true
	}
	return p.err
}

func (p *poor) IsOpen(g probes.Group) bool { return p.open[g] }

// TestShortage has probes that cannot be placed at first. Their figures are missing, with
// the reason, and one message is logged. Later there are resources, and the probes are
// placed.
func TestShortage(t *testing.T) {
	var log strings.Builder
	config := Config{Budget: 0.01, Log: slog.New(slog.NewTextHandler(&log, nil)), shortage: &shortage{}}
	gated := false
	p := &poor{err: fmt.Errorf("attach: %w", unix.EMFILE), open: map[probes.Group]bool{}}
	w := newWindows(p, probes.Cost{Emulated: time.Microsecond}, config.Budget, config, &hostLimit{}, accounting.NewComponents(nil, 0), func(shut bool) error { gated = shut; return nil })
	limits := make([]time.Duration, len(probes.Groups))
	for i := range limits {
		limits[i] = time.Second
	}
	if err := w.openAll(limits); err != nil {
		t.Fatal(err)
	}
	_, gaps := w.missing(config.Budget)
	if gated || len(p.open) > 0 || !says(gaps, "too many open files") {
		t.Errorf("gate shut: %v, open: %v, gaps %v", gated, p.open, gaps)
	}
	if n := strings.Count(log.String(), "some figures are missing"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, &log)
	}
	p.err = nil
	if _, err := w.balance(probes.Usage{}, limits); err != nil {
		t.Fatal(err)
	}
	_, gaps = w.missing(config.Budget)
	if len(p.open) != len(probes.Groups) || len(gaps) > 0 {
		t.Errorf("open: %v, gaps %v", p.open, gaps)
	}
	w.takeOpened() // a Snapshot is made
	p.err, p.open = fmt.Errorf("attach: %w", untrusted.ErrUnresponsive), map[probes.Group]bool{}
	if err := w.openAll(limits); err != nil {
		t.Errorf("the kernel is late: %v", err)
	}
	if _, gaps = w.missing(config.Budget); !says(gaps, "not responding") {
		t.Errorf("the kernel is late: gaps %v", gaps)
	}
	first := newWindows(p, probes.Cost{Emulated: time.Microsecond}, config.Budget, config, &hostLimit{}, accounting.NewComponents(nil, 0), func(bool) error { return nil })
	if err := first.openAll(limits); !errors.Is(err, p.err) {
		t.Errorf("the first probes: got %v, want %v", err, p.err)
	}
	p.err, p.open = errors.New("another error"), map[probes.Group]bool{}
	if err := w.openAll(limits); !errors.Is(err, p.err) {
		t.Errorf("got %v, want %v", err, p.err)
	}
}

func says(gaps []snapshot.Missing, why string) bool {
	for _, g := range gaps {
		if strings.Contains(g.Why, why) {
			return true
		}
	}
	return false
}

// TestShortagesAreTolerated goes on after a shortage, unless the output's disk is full.
func TestShortagesAreTolerated(t *testing.T) {
	w := &Watcher{config: Config{Log: slog.New(slog.DiscardHandler)}}
	full := fmt.Errorf("write: %w", unix.ENOSPC)
	for _, test := range []struct{ err, want error }{{nil, nil}, {full, nil}, {emitError{full}, emitError{full}}, {unix.EIO, unix.EIO}} {
		if got := w.tolerate(test.err); !errors.Is(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}
