package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

const (
	listed     = 1000 // processes, besides those that the machine has anyway
	listedSDK  = 100  // of them, that carry the SDK
	listedIdle = listed - listedSDK
)

// listing is otwatch list with many processes.
var listing = row{
	name:    fmt.Sprintf("otwatch list, %d processes, %d of them with the SDK", listed, listedSDK),
	figures: []figure{{"time", "ms", 1000}},
	measure: func(ctx context.Context, b *subject.Bench, _ config) (_ []float64, err error) {
		otwatch, err := b.Executable(subject.Otwatch)
		if err != nil {
			return nil, err
		}
		idle, err := subject.Gather(ctx, listedIdle, "cat")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, idle.Disperse()) }()
		traced, err := b.GatherTraced(ctx, listedSDK, "-rate", "0")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, traced.Disperse()) }()
		time.Sleep(5 * time.Second) // until all have started
		began := time.Now()
		out, err := exec.CommandContext(ctx, otwatch, "list", "--output", "json").Output()
		took := time.Since(began)
		if err != nil {
			return nil, err
		}
		var list struct{ Processes []struct{} }
		if err := json.Unmarshal(out, &list); err != nil {
			return nil, err
		}
		if len(list.Processes) < listedSDK {
			return nil, fmt.Errorf("%d processes listed, there are %d with the SDK", len(list.Processes), listedSDK)
		}
		return []float64{took.Seconds() * 1000}, nil
	},
}
