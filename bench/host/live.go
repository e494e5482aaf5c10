package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// liveRate is how many spans a second the target of the live view makes.
const liveRate = 200

// live is the live view of one target, on a terminal.
var live = row{
	name:    fmt.Sprintf("attach --pid, live view of one target of %d spans/s", liveRate),
	figures: []figure{{"otwatch's CPU", "% of a core", 1}},
	measure: measureLive,
}

func measureLive(ctx context.Context, b *subject.Bench, cfg config) (_ []float64, err error) {
	target, err := b.GatherTraced(ctx, 1, "-rate", strconv.Itoa(liveRate))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.Disperse()) }()
	otwatch, err := b.Executable(subject.Otwatch)
	if err != nil {
		return nil, err
	}
	control, terminal, err := openTerminal()
	if err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, control) }() // ends when control is closed
	defer control.Close()
	length := aloneSettles + cfg.duration + 2*time.Second
	watch := exec.CommandContext(ctx, otwatch, "attach", "--pid", strconv.Itoa(target.PID(0)), "--duration", length.String())
	watch.Stdin, watch.Stdout, watch.Stderr = terminal, terminal, terminal
	watch.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = watch.Start()
	if err = errors.Join(err, terminal.Close()); err != nil {
		return nil, fmt.Errorf("start otwatch on a terminal: %w", err)
	}
	time.Sleep(aloneSettles)
	cpu, _, err := useOf(watch.Process.Pid, cfg.duration)
	return []float64{100 * cpu}, errors.Join(err, watch.Wait())
}

// openTerminal opens a pseudo terminal of usual size.
func openTerminal() (control, terminal *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	control = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = errors.Join(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120}))
	}
	if err == nil {
		terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, control.Close())
	}
	return control, terminal, nil
}
