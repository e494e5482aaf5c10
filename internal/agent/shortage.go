package agent

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// shortageInterval is how often a shortage is logged at most.
const shortageInterval = time.Minute

// shortages are the errors for a lack of resources: descriptors, memory, room in the
// kernel. What failed works again when resources are free.
var shortages = []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSPC, unix.EAGAIN}

// scarce reports whether an error comes from a shortage.
func scarce(err error) bool {
	for _, shortage := range shortages {
		if errors.Is(err, shortage) {
			return true
		}
	}
	return false
}

// remedy is what to do about a shortage.
func remedy(err error) string {
	if errors.Is(err, unix.EMFILE) {
		return "raise the limit on open files (ulimit -n; systemd: LimitNOFILE=), or watch fewer processes"
	}
	return "free some, or watch fewer processes"
}

// shortage logs, now and then, what cannot be done for want of a resource. Safe for
// concurrent use.
type shortage struct {
	mu     sync.Mutex
	logged time.Time
}

func (s *shortage) log(log *slog.Logger, what string, err error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.logged.IsZero() && time.Since(s.logged) < shortageInterval {
		return
	}
	s.logged = time.Now()
	log.Warn(what, "err", err, "remedy", remedy(err))
}
