package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/bench/internal/paired"
	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
)

// exported is what the probes on exports add to an export.
var exported = experiment{
	section: "exported",
	header:  []string{"load", "CPU unwatched, cores", "exports/s", "hits an export", "an export takes, µs of CPU more [95 %]", "charged, µs", "limit, µs", "verdict"},
	rows: []subject.Subject{
		{Name: "simple processor, OTLP/gRPC, 600 exports/s", Program: subject.Load, Rate: 600. / spansPerRequest, Args: []string{"-sync"}},
		{
			Name: "batch processor, OTLP/gRPC, 300 exports/s", Program: subject.Load, Rate: 600,
			Env: []string{"OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=6"},
		},
	},
	measure: measureExported,
}

const (
	exportedLimit = 10. // µs
	// exportStretch is short, so that what is compared is close in time.
	exportStretch = 2 * time.Second
	// stretchesPerPair is how many watched ones there are.
	stretchesPerPair = 5
)

func measureExported(ctx context.Context, b *subject.Bench, row subject.Subject, cfg config) (_ [][]string, err error) {
	session, err := probes.NewSession()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	seen := &exports{session: session}
	turns := []subject.Observer{subject.Nobody}
	for range stretchesPerPair * cfg.pairs {
		turns = append(turns, seen.observe, subject.Nobody)
	}
	cores, err := b.Stretches(ctx, row, exportStretch, turns)
	if err != nil {
		return nil, err
	}
	watched, unwatched := paired.Beside(cores)
	var costs []float64
	for i := range watched {
		costs = append(costs, 1e6*(watched[i]-unwatched[i])*exportStretch.Seconds()/seen.counts[i])
	}
	took, rate := paired.Summarize(costs), paired.Summarize(seen.counts).Median/exportStretch.Seconds()
	return [][]string{{
		row.Name, fmt.Sprintf("%.3f", paired.Summarize(unwatched).Median), fmt.Sprintf("%.0f", rate), fmt.Sprintf("%.1f", seen.hits/seen.all()),
		took.Format("%.1f"), fmt.Sprintf("%.1f", seen.charged.Seconds()*1e6/seen.all()), fmt.Sprintf("%.0f", exportedLimit), took.Against(exportedLimit, "%.1f"),
	}}, nil
}

// exports observes a process with the probes on exports alone.
type exports struct {
	session *probes.Session
	counts  []float64 // of exports, by stretch
	hits    float64
	charged time.Duration
}

func (e *exports) all() (sum float64) {
	for _, n := range e.counts {
		sum += n
	}
	return sum
}

func (e *exports) observe(_ context.Context, pid int, _ string) (func() error, error) {
	begun := time.Now()
	process, err := target.Open(pid)
	if err != nil {
		return nil, err
	}
	attachment, err := e.session.Attach(process)
	if err != nil {
		return nil, errors.Join(err, process.Close())
	}
	open := probes.Allowance{Limit: unlimited, Charge: e.session.Cost().Charged()}
	if err := errors.Join(attachment.Open(probes.Exports), attachment.Allow(probes.Exports, open)); err != nil {
		return nil, errors.Join(err, attachment.Close(), process.Close())
	}
	return func() error {
		time.Sleep(time.Until(begun.Add(exportStretch - exportStretch/20)))
		usage, err := attachment.Usage()
		err = errors.Join(err, attachment.Drain())
		calls := 0
		for _, call := range attachment.Take().Calls {
			if call.Of == probes.Export {
				calls++
			}
		}
		if calls == 0 {
			err = errors.Join(err, errors.New("no export was seen"))
		}
		e.counts, e.hits, e.charged = append(e.counts, float64(calls)), e.hits+float64(usage.Hits), e.charged+usage.Spent[probes.Exports]
		return errors.Join(err, attachment.Close(), process.Close())
	}, nil
}
