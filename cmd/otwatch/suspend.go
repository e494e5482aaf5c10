package main

import (
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/sys/unix"
)

// suspendable makes Ctrl-Z remove all probes and restore the terminal before otwatch
// stops. When otwatch is continued, it goes on with a gap. The function that
// suspendable returns undoes it.
func (w *watch) suspendable(out output) (undo func()) {
	if signal.Ignored(unix.SIGTSTP) {
		return func() {}
	}
	stops, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(stops, unix.SIGTSTP)
	go func() {
		for {
			select {
			case <-stops:
				out.lend(w.suspend)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(stops)
		close(done)
	}
}

// suspend stops otwatch while no probes are in place.
func (w *watch) suspend() {
	if w.session == nil {
		stop()
		return
	}
	w.session.Suspend(stop)
}

// stop returns when otwatch is continued: a signal to the own thread is delivered
// before the call that sends it returns.
func stop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGSTOP)
}
