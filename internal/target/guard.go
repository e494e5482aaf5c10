package target

import (
	"os"
	"strconv"

	"github.com/otwatch/otwatch/internal/guard"
)

// ofGuard is an ErrSelf of a process that guards some otwatch's probes, which is that
// executable once more; nil of any other. It goes by the name: a process that takes it is
// not watched.
func ofGuard(pid int) error {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil || string(name) != guard.Name+"\n" {
		return nil
	}
	return &Error{PID: pid, Kind: ErrSelf, Says: " is a part of otwatch; choose another process"}
}
