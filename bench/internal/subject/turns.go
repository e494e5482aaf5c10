package subject

import (
	"context"
	"fmt"
	"io"
	"time"
)

// changeover is how long a program goes on after tracing was turned off or on
// before its clock is read: most of what it traced before is exported by then.
const changeover = time.Second

// Turns runs a subject once, by turns with tracing and without, and returns how
// many cores were busy in each turn: the first, and every second one from there, is
// traced. It is for programs of which two runs differ by as much as tracing costs. The
// untraced turns of a program whose tracing cannot be turned off are its twin's.
func (b *Bench) Turns(ctx context.Context, s Subject, length time.Duration, turns int) (cores []float64, err error) {
	duration := leadIn + time.Duration(turns)*(changeover+length) + changeover
	_, err = b.lead(ctx, s, duration, true, func(ctx context.Context, cast cast) (func() error, error) {
		told := cast.subject
		if s.Program.Untraced != "" || cast.twin != nil {
			told = cast.driver
		}
		return oneByOne(&cores, turns, func(i int) (float64, error) {
			traced := i%2 == 0
			if err := told.trace(traced); err != nil {
				return 0, err
			}
			time.Sleep(changeover)
			working := cast.subject
			if cast.twin != nil && !traced {
				working = cast.twin
			}
			return stretch(ctx, working.pid(), working.name, length, Nobody)
		}), nil
	})
	return cores, err
}

// trace turns the program's tracing on or off.
func (p *process) trace(on bool) error {
	line := "without\n"
	if on {
		line = "with\n"
	}
	if _, err := io.WriteString(p.stdin, line); err != nil {
		return fmt.Errorf("turn the tracing of %s on or off: %w", p.name, err)
	}
	return nil
}
