package target

import (
	"os"
	"strconv"

	"github.com/otwatch/otwatch/internal/guard"
)

// ofGuard returns an ErrSelf for a process that guards the probes of some otwatch, nil
// for any other. It goes by the process's name: a process that takes this name is not
// watched.
func ofGuard(pid int) error {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil || string(name) != guard.Name+"\n" {
		return nil
	}
	return &Error{PID: pid, Kind: ErrSelf, Says: " is a part of otwatch; choose another process"}
}
