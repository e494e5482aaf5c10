package serve

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// advised adds to an error of listening what a person can do about it.
func advised(err error) error {
	for cause, advice := range map[error]string{
		unix.EADDRINUSE:    "another process listens there; choose another port, or :0 for any (ss -ltnp shows the process)",
		unix.EACCES:        "ports below 1024 need CAP_NET_BIND_SERVICE; choose another port",
		unix.EADDRNOTAVAIL: "this machine does not have that address; use one of its own, or 0.0.0.0 for all",
	} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w; %s", err, advice)
		}
	}
	return err
}
