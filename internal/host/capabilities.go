package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// capability is one that otwatch needs to watch other users' processes.
type capability struct {
	bit  int
	name string
	why  string
}

var needed = []capability{
	{unix.CAP_BPF, "CAP_BPF", "to load programs"},
	{unix.CAP_PERFMON, "CAP_PERFMON", "to attach probes"},
	{unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to read processes' memory"},
}

// MissingCapabilities lists the needed capabilities that the process lacks. CAP_SYS_ADMIN
// includes the first two.
func MissingCapabilities() ([]string, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	effective, err := effectiveCapabilities(string(status))
	if err != nil {
		return nil, err
	}
	admin := effective&(1<<unix.CAP_SYS_ADMIN) != 0
	var missing []string
	for _, c := range needed {
		held := effective&(1<<c.bit) != 0 || admin && c.bit != unix.CAP_SYS_PTRACE
		if !held {
			missing = append(missing, fmt.Sprintf("%s (%s)", c.name, c.why))
		}
	}
	return missing, nil
}

// effectiveCapabilities reads the line of /proc/PID/status that looks like
//
//	CapEff:	000001ffffffffff
func effectiveCapabilities(status string) (uint64, error) {
	for line := range strings.Lines(status) {
		if mask, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no line CapEff")
}
