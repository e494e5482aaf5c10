package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/launch"
)

// secondSignal is the least time between the first signal and one that ends otwatch at
// once. Two signals at the same moment count as one, because timeout(1) sends a signal
// to its child and then to its process group.
const secondSignal = time.Second

// untilSignal returns a context that ends with the first signal that asks otwatch to
// end. takes reports whether a SIGHUP asks for something else; nil: it never does. stop
// restores the handling of signals.
func untilSignal(parent context.Context, takes func() bool) (_ context.Context, stop func()) {
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
				if s == unix.SIGHUP && takes != nil && takes() {
					continue
				}
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

// endingSignals returns the signals that ask for an orderly end. SIGHUP is not one of
// them if otwatch runs under nohup(1).
func endingSignals() []os.Signal {
	signals := []os.Signal{unix.SIGINT, unix.SIGTERM}
	if !signal.Ignored(unix.SIGHUP) {
		signals = append(signals, unix.SIGHUP)
	}
	return signals
}

// passSignals passes signals that ask otwatch to end, and those of users, on to a command,
// until it is undone. What Ctrl-C and the like send, the command gets from the terminal.
func passSignals(command *launch.Command) (undo func()) {
	signals, stopped, done := make(chan os.Signal, 8), make(chan struct{}), make(chan struct{})
	signal.Notify(signals, append(endingSignals(), unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2)...)
	go func() {
		defer close(done)
		for {
			select {
			case <-stopped:
				return
			case s := <-signals:
				typed := s == unix.SIGINT || s == unix.SIGQUIT || s == unix.SIGHUP
				if !typed || !inForeground() {
					command.Signal(s)
				}
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(stopped)
		<-done
	}
}

// inForeground reports whether otwatch is in the process group that gets the signals which a
// terminal sends.
func inForeground() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// dieOf ends otwatch at once, as the signal does by default. The kernel detaches the
// probes.
func dieOf(s os.Signal) {
	signal.Reset(s)
	_ = unix.Kill(os.Getpid(), s.(unix.Signal))
	time.Sleep(time.Second) // the first process of a container survives it
	os.Exit(exitFailure)
}

// endLimit limits the time that otwatch needs to end. Detaching, writing the result and
// sending the last metrics have limits of their own, whose sum is shorter.
const endLimit = 5 * time.Minute

// endInTime ends otwatch with a failure if it still runs endLimit after ctx has ended.
// The function that it returns cancels this.
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
