package main

import (
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// illness is a case: a program that is sick by its configuration alone.
type illness struct {
	section string // of the page
	subject subject.Subject
	// findings are what otwatch must name; their advice is followed, in this
	// order, and every effect that it promises must come true.
	findings []string
	// code has the flags that stand for a change of the program, by the finding
	// that advises it.
	code  map[string][]string
	watch []string // of otwatch attach
}

// illnesses are the three cases, of which the second has two halves, and one more. The metric SDK of
// today bounds an instrument to 2,000 attribute sets; that of before v1.44 did not.
var illnesses = []illness{
	{
		section: "sync", findings: []string{"sync-export", "sampling-high"},
		subject: subject.Subject{
			Name: "a web service that exports on the request path", Program: subject.Service, Rate: 120,
			Args:     []string{"-processor", "simple", "-queries", "2", "-hashes", "5200"},
			Env:      []string{"GOMEMLIMIT=8GiB"},
			Receiver: subject.Receiver{Delay: 500 * time.Microsecond},
		},
		watch: []string{"--limit", "cpu=3%", "--target-overhead", "1%"},
		code:  map[string][]string{"sync-export": {"-processor", "batch"}},
	},
	{
		section: "texts", findings: []string{"high-cardinality"},
		subject: subject.Subject{
			Name: "a web service with payloads in its attributes", Program: subject.Service, Rate: 250,
			Args: []string{"-statement", "6144"}, Receiver: subject.Receiver{Delay: 20 * time.Millisecond},
		},
		code: map[string][]string{"high-cardinality": {"-statement", "0"}},
	},
	{
		section: "instruments", findings: []string{"high-cardinality"},
		subject: subject.Subject{
			Name: "a web service that counts by buyer", Program: subject.Service, Rate: 1000,
			Args: []string{"-queries", "1", "-hashes", "50", "-buyers", "1000000000"},
			Env:  []string{"OTEL_GO_X_CARDINALITY_LIMIT=0", "OTEL_METRIC_EXPORT_INTERVAL=5000"},
		},
		code: map[string][]string{"high-cardinality": {"-buyers", "50"}},
	},
	{
		section: "flaky", findings: []string{"span-drop"},
		subject: subject.Subject{
			Name: "a slow collector that falters", Program: subject.Service, Rate: 150,
			Env: []string{"OTEL_BSP_MAX_QUEUE_SIZE=1024"},
			Receiver: subject.Receiver{
				Delay: 20 * time.Millisecond, PerSpan: 10 * time.Microsecond,
				SlowEvery: 4, Slow: time.Second, FailEvery: 80, RetryAfter: 300 * time.Millisecond,
			},
		},
	},
	{
		section: "large", findings: []string{"export-errors"},
		subject: subject.Subject{
			Name: "messages larger than the receiver takes", Program: subject.Service, Rate: 60,
			Args: []string{"-queries", "3", "-statement", "15000"},
		},
	},
}
