package hostile

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// screen is a terminal of 120 columns and 50 lines.
type screen struct {
	terminal *os.File
	output
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	controller, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("KERNEL TEST NOT RUN: this host gives no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { controller.Close() })
	fd := int(controller.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 120}); err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	s := &screen{terminal: terminal}
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := controller.Read(buffer)
			if err != nil {
				return
			}
			_, _ = s.Write(buffer[:n])
		}
	}()
	return s
}
