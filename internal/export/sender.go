package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/otwatch/otwatch/internal/report"
)

const (
	defaultInterval = 10 * time.Second
	defaultTimeout  = 10 * time.Second // of one export; source: OTLP exporter specification
	// firstRetry and maxRetry bound the wait between attempts while the receiver is
	// away. A shorter interval lowers both.
	firstRetry = time.Second
	maxRetry   = 30 * time.Second
	// downFlush bounds the last attempt if the one before failed: a user who ends
	// otwatch should not wait for a receiver that is away.
	downFlush = time.Second
)

// Options are how a Sender sends.
type Options struct {
	Endpoint string        // of the --endpoint flag; empty: the OTEL_EXPORTER_OTLP_* variables
	Protocol Protocol      // of the --protocol flag; empty: as the endpoint and the variables say
	Interval time.Duration // 0: OTEL_METRIC_EXPORT_INTERVAL, else 10 s
	Logger   *slog.Logger  // required
	Format
	// Reports returns the newest Reports, as for Update. It is called before each
	// attempt, so that not every change needs an Update.
	Reports func() []report.Report
}

// Sender sends the newest Reports as OTLP metrics, at an interval, from a goroutine of
// its own. While the receiver is away it keeps only each target's newest totals. They are
// cumulative, so nothing is missing when the receiver is back. Close it.
type Sender struct {
	options  Options
	endpoint endpoint
	pending  pending
	cancel   context.CancelCauseFunc // of run
	done     chan struct{}           // closed when run has returned
	updated  chan struct{}           // holds one element from the first Update on

	sent, failed atomic.Uint64

	// Used by run, and after it by Close.
	exporter  exporter
	encoder   *requestEncoder
	err       error // of the last attempt, if the receiver was away
	outage    time.Time
	before    uint64              // exports that had failed before the outage
	left      map[attachment]bool // whether it was said that metrics are left to the target
	refused   map[attachment]bool // whether it was said that a target's metrics cannot be delivered
	refusals  uint64              // exports that were refused in all
	closeOnce sync.Once
	closeErr  error
}

// errClosing ends run, and its attempt under way.
var errClosing = errors.New("the sender is closing")

// Stats counts a Sender's exports, one for each target and attempt, and the targets that
// ended during an outage and could not be kept.
type Stats struct{ Sent, Failed, Dropped uint64 }

// NewSender starts a Sender. The receiver need not be there. An error that matches
// ErrConfig is the user's: a malformed endpoint, an unknown protocol, or a certificate
// that cannot be read.
func NewSender(ctx context.Context, options Options) (*Sender, error) {
	endpoint, err := parseEndpoint(options.Endpoint, options.Protocol)
	if err != nil {
		return nil, err
	}
	if options.Interval == 0 {
		options.Interval = envInterval(options.Logger)
	}
	s := &Sender{options: options, endpoint: endpoint, encoder: newRequestEncoder(newForm(options.Format)), left: map[attachment]bool{}, refused: map[attachment]bool{}, done: make(chan struct{}), updated: make(chan struct{}, 1)}
	if s.exporter, err = s.dial(ctx); err != nil {
		return nil, err
	}
	run, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	go s.run(run)
	return s, nil
}

// envInterval is how often metrics are sent.
func envInterval(log *slog.Logger) time.Duration {
	const name = "OTEL_METRIC_EXPORT_INTERVAL"
	return milliseconds(name, strings.TrimSpace(os.Getenv(name)), defaultInterval, log)
}

// envTimeout is how long one export over HTTP may take. The exporter for gRPC reads it
// itself.
func envTimeout(log *slog.Logger) time.Duration {
	name, value := variable("TIMEOUT")
	return milliseconds(name, value, defaultTimeout, log)
}

// milliseconds reads a variable.
func milliseconds(name, value string, otherwise time.Duration, log *slog.Logger) time.Duration {
	if value == "" {
		return otherwise
	}
	ms, err := strconv.ParseUint(value, 10, 31)
	if err != nil || ms == 0 {
		log.Warn("not a positive number of milliseconds; using the default", name, value, "default", otherwise)
		return otherwise
	}
	return time.Duration(ms) * time.Millisecond
}

// dial makes an exporter. Its errors are the user's.
func (s *Sender) dial(ctx context.Context) (exporter, error) {
	fresh, err := s.endpoint.dial(ctx, s.options.Logger)
	if err != nil {
		return nil, fmt.Errorf("%w: endpoint %s: %w", ErrConfig, s.endpoint.name, err)
	}
	return fresh, nil
}

// Update passes the newest cumulative Reports of all targets, which are identified by pid
// and start of the window. It never waits for the receiver, and may be called from
// several goroutines. A target that is no longer among them, or whose Report is the same
// as before, has ended: its last Report is sent once. The Reports must not be modified
// afterwards.
func (s *Sender) Update(reports []report.Report) {
	s.pending.update(reports)
	s.Notify()
}

// Notify says that Reports has something to send.
func (s *Sender) Notify() {
	select {
	case s.updated <- struct{}{}:
	default:
	}
}

// Stats returns the counts so far.
func (s *Sender) Stats() Stats {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return Stats{Sent: s.sent.Load(), Failed: s.failed.Load(), Dropped: s.pending.dropped}
}

// run sends what is pending: first when there is anything, so that a wrong endpoint shows
// at once, then at the interval or, while the receiver is away, after the backoff.
func (s *Sender) run(ctx context.Context) {
	defer close(s.done)
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval = min(firstRetry, s.options.Interval)
	retry.MaxInterval = min(maxRetry, 3*s.options.Interval)
	select {
	case <-ctx.Done():
		return
	case <-s.updated:
	}
	for {
		err := s.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		delay := s.options.Interval
		if unreachable(err) {
			delay = max(retry.NextBackOff(), throttle(err))
		} else {
			retry.Reset()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
	}
}

// attempt sends each pending Report once, and returns an error if that failed. It stops
// if the receiver is away, where each target would have to wait. A target whose metrics are
// refused does not hold up others.
func (s *Sender) attempt(ctx context.Context) error {
	if s.options.Reports != nil {
		s.pending.update(s.options.Reports())
	}
	list := s.pending.list()
	if len(list) == 0 {
		return nil
	}
	if unreachable(s.err) {
		s.redial(ctx)
	}
	there := s.pending.attachments()
	s.forgetLeft(there)
	s.encoder.forget(there)
	var outage, refusals error
	for _, r := range list {
		r = s.pending.newest(r)
		s.logSelfObserved(r)
		err := s.exporter.Export(ctx, s.encoder.request(r))
		if err == nil {
			s.sent.Add(1)
			s.pending.sent(r)
			continue
		}
		if context.Cause(ctx) == errClosing {
			return err // given up for the last attempt; it says nothing of the receiver
		}
		s.failed.Add(1)
		if unreachable(err) {
			outage = fmt.Errorf("target %d: %w", r.Target.PID, err)
			break
		}
		if partial(err) {
			s.pending.sent(r)
		}
		refusals = errors.Join(refusals, fmt.Errorf("target %d: %w", r.Target.PID, err))
		s.refuse(r, s.endpoint.advised(err))
	}
	s.logReachable(outage)
	return errors.Join(outage, refusals)
}

// maxRefused bounds how many refused targets are logged.
const maxRefused = 16

// refuse logs once for a target that its metrics cannot be delivered.
func (s *Sender) refuse(r report.Report, err error) {
	s.refusals++
	if s.refused[attachmentOf(r)] || len(s.refused) > maxRefused {
		return
	}
	s.refused[attachmentOf(r)] = true
	log := s.options.Logger.With("endpoint", s.endpoint.name)
	if len(s.refused) > maxRefused {
		log.Warn("the receiver rejects the metrics of further processes; these are not logged")
		return
	}
	message := "the receiver rejects the metrics of one process; others are still sent"
	if partial(err) {
		message = "the receiver rejects some metrics of one process; it has taken the others"
	}
	log.Warn(message, "pid", r.Target.PID, "service", r.Target.ServiceName, "error", err)
}

// logSelfObserved logs once for a target that its SDK sends metrics of its own, which
// otwatch omits.
func (s *Sender) logSelfObserved(r report.Report) {
	t, key := r.Target, attachmentOf(r)
	if t.SelfObserved && !s.left[key] {
		s.left[key] = true
		s.options.Logger.Info("the process's SDK sends otel.sdk.* itself; otwatch omits these metrics", "pid", t.PID, "service", t.ServiceName)
	}
}

// forgetLeft drops targets that are gone.
func (s *Sender) forgetLeft(there map[attachment]bool) {
	maps.DeleteFunc(s.left, func(a attachment, _ bool) bool { return !there[a] })
}

// redial replaces the connection after a failure: gRPC has a backoff of its own, up to
// two minutes, and meanwhile fails calls at once.
func (s *Sender) redial(ctx context.Context) {
	fresh, err := s.dial(ctx)
	if err != nil {
		return // the old connection will come round
	}
	_ = s.exporter.Shutdown(ctx)
	s.exporter = fresh
}

// logReachable logs once when the receiver is away, and when it is back.
func (s *Sender) logReachable(err error) {
	log := s.options.Logger.With("endpoint", s.endpoint.name)
	switch {
	case err != nil && s.err == nil:
		s.outage, s.before = time.Now(), s.failed.Load()-1
		log.Warn("OTLP export fails; retrying, no totals are lost", "error", s.endpoint.advised(err))
	case err == nil && s.err != nil:
		log.Info("OTLP export works again; totals are complete", "after", time.Since(s.outage).Round(time.Millisecond),
			"failed_exports", s.failed.Load()-s.before)
	}
	s.err = err
}

// Close stops sending, makes one last attempt to deliver the newest totals, for as long
// as ctx allows, and releases the connection. Its error says that they were not
// delivered, and how many exports failed in all.
func (s *Sender) Close(ctx context.Context) error {
	s.closeOnce.Do(func() { s.closeErr = s.close(ctx) })
	return s.closeErr
}

func (s *Sender) close(ctx context.Context) error {
	s.cancel(errClosing)
	<-s.done
	flush := ctx
	if s.err != nil {
		shorter, cancel := context.WithTimeout(ctx, downFlush)
		defer cancel()
		flush = shorter
	}
	err := s.attempt(flush)
	_ = s.exporter.Shutdown(ctx) // an error means only that ctx is over
	if s.refusals > 0 {
		s.options.Logger.Warn("the receiver rejected metrics", "endpoint", s.endpoint.name, "exports", s.refusals)
	}
	if err == nil {
		return nil
	}
	stats := s.Stats()
	return fmt.Errorf("send the last totals to %s: %w; %d of %d exports failed",
		s.endpoint.name, s.endpoint.advised(err), stats.Failed, stats.Sent+stats.Failed)
}
