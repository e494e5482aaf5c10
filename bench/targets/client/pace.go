package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

const (
	// workers bound the requests under way.
	workers = 64
	// patience bounds one request.
	patience = 5 * time.Second
)

// pace makes requests at the rate for the duration, in an open loop: a slow
// answer delays no later request until all workers wait, and then the requests
// are made up for. It returns when the last has been answered.
func pace(ctx context.Context, request func(context.Context) error, rate float64, duration time.Duration) program.Made {
	due := make(chan time.Time, int(rate*duration.Seconds())+1)
	var failed atomic.Int64
	var waiting sync.WaitGroup
	var took latencies
	for range workers {
		waiting.Go(func() {
			for at := range due {
				if err := once(ctx, request); err != nil {
					failed.Add(1)
				}
				took.add(time.Since(at))
			}
		})
	}
	made := fill(due, rate, duration)
	close(due)
	waiting.Wait()
	mean, p99 := took.summary()
	return program.Made{Requests: made, Failed: int(failed.Load()), Mean: mean, P99: p99}
}

// fill makes requests due as time passes and returns their number.
func fill(due chan<- time.Time, rate float64, duration time.Duration) (made int) {
	start := time.Now()
	for {
		elapsed := min(time.Since(start), duration)
		for ; made < int(elapsed.Seconds()*rate); made++ {
			due <- start.Add(time.Duration(float64(made+1) / rate * float64(time.Second)))
		}
		if elapsed == duration {
			return made
		}
		time.Sleep(time.Millisecond)
	}
}

func once(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return request(ctx)
}
