package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// secondSignal is how long after the first signal another one ends otwatch at once.
// Two in one moment are meant as one: timeout(1) sends them to its child, and then to
// its group.
const secondSignal = time.Second

// untilSignal returns a context that ends with the first signal that asks otwatch to
// end. The signals are as before once stop is called.
func untilSignal(parent context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals, stopped := make(chan os.Signal, 8), make(chan struct{})
	signal.Notify(signals, endingSignals()...)
	go func() {
		var first time.Time
		for {
			select {
			case <-stopped:
				return
			case s := <-signals:
				if first.IsZero() {
					first = time.Now()
					cancel()
				} else if time.Since(first) >= secondSignal {
					dieOf(s)
				}
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	}
}

// endingSignals ask for an orderly end. Who started otwatch under nohup(1) wants it to
// outlive the terminal.
func endingSignals() []os.Signal {
	signals := []os.Signal{unix.SIGINT, unix.SIGTERM}
	if !signal.Ignored(unix.SIGHUP) {
		signals = append(signals, unix.SIGHUP)
	}
	return signals
}

// dieOf ends otwatch at once, as the signal does by itself. The kernel detaches.
func dieOf(s os.Signal) {
	signal.Reset(s)
	_ = unix.Kill(os.Getpid(), s.(unix.Signal))
	time.Sleep(time.Second) // a container's first process does not die of it
	os.Exit(exitFailure)
}

// endLimit is how long the end may take: letting go of the targets, writing the result
// and sending the last metrics have limits of their own, which are shorter in sum.
const endLimit = 5 * time.Minute

// endInTime ends otwatch with a failure where it is still there a while after ctx has
// ended, until it is told to stop.
func endInTime(ctx context.Context, said *messages) (stop func()) {
	finished, done := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() {
		select {
		case <-finished.Done():
		case <-time.After(endLimit):
			said.last("otwatch: shutdown took longer than %v; exiting now, and the kernel removes the probes\n", endLimit)
			os.Exit(exitFailure)
		}
	})
	return done
}
