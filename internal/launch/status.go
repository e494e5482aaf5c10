package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Status is how a command ended.
type Status struct {
	Exit   int         // its exit code, if Signal is 0
	Signal unix.Signal // the signal that ended it
}

// Code is the exit code by which shells report the Status.
func (s Status) Code() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Exit
}

func (s Status) String() string {
	if s.Signal != 0 {
		return fmt.Sprintf("ended by %s", unix.SignalName(s.Signal))
	}
	return fmt.Sprintf("exit code %d", s.Exit)
}

func statusOf(status unix.WaitStatus) Status {
	if status.Signaled() {
		return Status{Signal: status.Signal()}
	}
	return Status{Exit: status.ExitStatus()}
}
