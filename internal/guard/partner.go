package guard

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// finishing is how long a stopped partner may run to close its own descriptors.
const finishing = 500 * time.Millisecond

// partner is the process that handed descriptors over.
type partner struct {
	pid   int
	pidfd int
}

func newPartner(pid int) (*partner, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("open the process %d that started the guard: %w", pid, err)
	}
	return &partner{pid, fd}, nil
}

// finish resumes a partner that was stopped between making links and closing its own
// descriptors of them, since nobody else can close them. It handles one lease after the
// other, so that it does not stop the partner for one lease while another needs it to
// run. It returns when there are no more leases to come.
func (p *partner) finish(unhanded <-chan *lease) {
	for l := range unhanded {
		if l.handed.Load() == 0 && p.stopped() {
			p.resume(l)
		}
	}
}

// resume lets a stopped partner run until it has handed over the descriptors of a lease.
func (p *partner) resume(l *lease) {
	if p.signal(unix.SIGCONT) != nil {
		return
	}
	for deadline := time.Now().Add(finishing); l.handed.Load() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	_ = p.signal(unix.SIGSTOP)
}

func (p *partner) signal(s unix.Signal) error { return unix.PidfdSendSignal(p.pidfd, s, nil, 0) }

func (p *partner) stopped() bool {
	process, err := procfs.NewProc(p.pid)
	if err != nil {
		return false
	}
	stat, err := process.Stat()
	return err == nil && stat.State == "T"
}
