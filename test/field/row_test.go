package field

import (
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// row is a situation, with what must be said of it.
type row struct {
	name      string
	situation string // what people have reported
	reported  string // where: repository#number
	program   program
	args      string
	env       string // KEY=value, separated by spaces
	receiver  receiver
	watch     time.Duration
	quota     float64 // CPUs that the program's cgroup may use; 0: no limit
	untraced  bool    // it is also run with the no-op provider, to know what tracing costs
	alone     bool    // it takes much of a core, or its share of the CPU is judged

	want    []want   // findings; the first of them, if it is a warning or critical, comes before all others of the report
	beside  []string // findings that may be raised too, with any severity
	never   []string // findings that may not be raised at all; of others no warning that has no cause in want
	figures []figure // beside spans.started
	uncount bool     // the program does not know how many spans it starts
	refuses string   // if not "", otwatch may refuse the process with a message that has this
}

// program is one of test/field/programs, built with the modules of go.mod, or of another
// file beside it.
type program struct {
	name, modules string
	plugin        string // package that it loads
}

// want is a finding that must be in the report.
type want struct {
	id       string // or several, separated by |
	severity string // or several, separated by |
	past     bool   // it does not hold any more at the end
	says     string // what its title, evidence and advice must have: regular expressions, separated by two spaces
	not      string // what they must not have
}

// figure is one of the report, and what is true of it.
type figure struct {
	name   string
	of     func(report.Report) *estimate.Estimate
	true   func(truth) between
	absent bool // it may be missing, with a reason
}

var (
	startedFigure = figure{name: "started", true: started,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.Started }}
	exported = figure{name: "exported", true: spansAccepted,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.Exported }}
	nothingExported = figure{name: "exported", true: none, absent: true,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.Exported }}
	dropped = figure{name: "dropped", true: spansLost,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.Dropped }}
	noneDropped = figure{name: "dropped", true: none,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.Dropped }}
	lostAtExit = figure{name: "lost at exit", true: spansLost,
		of: func(r report.Report) *estimate.Estimate { return r.Spans.LostAtExit }}
	noneFailed       = failed(none)
	failedIfRejected = failed(spansRejected)
	failedIfRefused  = failed(spansRefused)
	failedExports    = figure{name: "failed exports", true: func(t truth) between { return t.counted("errors") },
		of: func(r report.Report) *estimate.Estimate { return estimate.Counted(r.Export.Failed) }}
)

// failed is spans.failed.
func failed(true func(truth) between) figure {
	return figure{name: "failed", true: true, of: func(r report.Report) *estimate.Estimate { return r.Spans.Failed }}
}

// orAbsent is a figure that may be missing, with a reason.
func (f figure) orAbsent() figure {
	f.absent = true
	return f
}

// tracingShare is cpu.tracing.share of a row with an untraced run.
var tracingShare = figure{name: "% of the CPU time for tracing", true: truth.share,
	of: func(r report.Report) *estimate.Estimate { return percent(r.CPU.Tracing.Share) }}

// metricsAtLeast bounds cpu.metrics.
func metricsAtLeast(share float64) figure {
	return figure{name: "% of the CPU time for metrics", true: func(truth) between { return between{100 * share, 100} },
		of: func(r report.Report) *estimate.Estimate { return percent(r.CPU.Metrics) }}
}

// neverEnded is the share of the spans of the worst line or name that are never ended, as
// the program has it.
func neverEnded(share float64) figure {
	const drawn = 1.5 // percent that what the program draws differs
	return figure{name: "% of the worst spans never ended", true: func(truth) between { return between{100*share - drawn, 100*share + drawn} },
		of: func(r report.Report) *estimate.Estimate {
			if len(r.Leaks) == 0 {
				return nil
			}
			return percent(r.Leaks[0].NeverEnded)
		}}
}

func percent(share *estimate.Estimate) *estimate.Estimate {
	if share == nil {
		return nil
	}
	return share.Times(100)
}
