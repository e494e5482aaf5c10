package agent

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// shortageInterval is how often it is said that something runs short.
const shortageInterval = time.Minute

// shortages are the errors of what there is only so much of: descriptors, memory, room
// in the kernel. What failed by one works again when others have let go.
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

// remedy says what to do about a shortage.
func remedy(err error) string {
	if errors.Is(err, unix.EMFILE) {
		return "raise the limit on open files (ulimit -n; systemd: LimitNOFILE=), or watch fewer processes"
	}
	return "free some, or watch fewer processes"
}

// shortage says now and then what cannot be done for want of something. Safe for
// concurrent use.
type shortage struct {
	mu   sync.Mutex
	said time.Time
}

func (s *shortage) say(log *slog.Logger, what string, err error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.said.IsZero() && time.Since(s.said) < shortageInterval {
		return
	}
	s.said = time.Now()
	log.Warn(what, "err", err, "remedy", remedy(err))
}
