package subject

import (
	"context"
	"time"
)

// leadIn is for how long a load runs before its first stretch: its heap has then
// been collected a few times.
const leadIn = 10 * time.Second

// Stretches runs a subject once, traced, under each of the observers in turn, and
// returns how many cores were busy under each. The observers' start and end lie
// within their stretch, so they must end by themselves. It is for effects smaller
// than what two runs of one program differ by.
func (b *Bench) Stretches(ctx context.Context, s Subject, length time.Duration, observers []Observer) (cores []float64, err error) {
	duration := leadIn + time.Duration(len(observers))*length + grace/2
	_, err = b.Run(ctx, s, duration, func(ctx context.Context, pid int, executable string) (func() error, error) {
		return oneByOne(&cores, len(observers), func(i int) (float64, error) {
			return stretch(ctx, pid, executable, length, observers[i])
		}), nil
	})
	return cores, err
}

// oneByOne measures how many cores are busy, n times from the end of the lead-in on,
// while the load runs. finish waits for the last.
func oneByOne(cores *[]float64, n int, measure func(i int) (float64, error)) (finish func() error) {
	done := make(chan error, 1)
	go func() {
		time.Sleep(leadIn)
		for i := range n {
			busy, err := measure(i)
			if err != nil {
				done <- err
				return
			}
			*cores = append(*cores, busy)
		}
		done <- nil
	}()
	return func() error { return <-done }
}

// stretch is how many cores a process keeps busy while it is observed, and for the
// rest of the stretch, which is longer where the observer takes longer.
func stretch(ctx context.Context, pid int, executable string, length time.Duration, observe Observer) (float64, error) {
	before, err := cpuClock(pid)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	finish, err := observe(ctx, pid, executable)
	if err == nil {
		err = finish()
	}
	if err != nil {
		return 0, err
	}
	time.Sleep(time.Until(began.Add(length)))
	after, err := cpuClock(pid)
	return (after - before).Seconds() / time.Since(began).Seconds(), err
}
