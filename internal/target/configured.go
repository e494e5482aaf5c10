package target

import (
	"slices"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// maxConfigured bounds the number of variables, and maxVariable the bytes of their names.
// The specification has about a hundred.
const (
	maxConfigured = 256
	maxVariable   = 128
)

// Configured returns the names of the OTEL_* variables in the process's environment that
// are not empty and not "false", sorted, maxConfigured at most; nil if the environment
// cannot be read. It does not return values.
func (p *Process) Configured() []string {
	environ := p.environ()
	if environ == nil {
		return nil
	}
	return configured(environ)
}

// environ is the process's environment, as it was when the program was started; nil if it
// cannot be read.
func (p *Process) environ() []string {
	environ, err := untrusted.Get(&p.calls, func() ([]string, error) {
		proc, err := procfs.NewProc(p.PID)
		if err != nil {
			return nil, err
		}
		return proc.Environ()
	}, nil)
	if err != nil || p.Same() != nil {
		return nil
	}
	return append([]string{}, environ...) // not nil, if it is empty
}

func configured(environ []string) []string {
	names := []string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "OTEL_") && value != "" && !strings.EqualFold(value, "false") {
			names = append(names, untrusted.Text(name, maxVariable))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxConfigured)]
}
