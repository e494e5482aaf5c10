package serve

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrNotAllowed matches every error about an address where the privileges, or the host, do
// not let otwatch listen.
var ErrNotAllowed = errors.New("not allowed to listen")

// problems are what can be wrong with an address, and what a person can do about it.
var problems = []struct {
	cause  error
	kind   error // what the error matches besides, or nil
	advice string
}{
	{unix.EADDRINUSE, nil, "another process listens there; choose another port, or :0 for any (ss -ltnp shows the process)"},
	{unix.EACCES, ErrNotAllowed, "ports below 1024 need CAP_NET_BIND_SERVICE: grant it, or choose another port; for other ports, see what SELinux denies"},
	{unix.EPERM, ErrNotAllowed, "a seccomp profile or a policy of the cgroup forbids it: allow otwatch to listen there, or choose another port"},
	{unix.EADDRNOTAVAIL, nil, "this machine does not have that address; use one of its own, or 0.0.0.0 for all"},
}

// advised adds to an error of listening what a person can do about it.
func advised(err error) error {
	for _, p := range problems {
		switch {
		case !errors.Is(err, p.cause):
		case p.kind != nil:
			return fmt.Errorf("%w: %w; %s", p.kind, err, p.advice)
		default:
			return fmt.Errorf("%w; %s", err, p.advice)
		}
	}
	return err
}
