package main

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/serve"
)

// TestExitCode is that of the outermost error that has one.
func TestExitCode(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"any error":                {errors.New("x"), exitFailure},
		"a file":                   {os.NewSyscallError("open", unix.EACCES), exitFailure},
		"the export's settings":    {fmt.Errorf("%w: x", export.ErrConfig), exitUsage},
		"the server's settings":    {fmt.Errorf("%w: x", serve.ErrConfig), exitUsage},
		"a port of the privileged": {fmt.Errorf("--listen :80: %w", fmt.Errorf("%w: %w", serve.ErrNotAllowed, unix.EACCES)), exitHost},
		"a target":                 {targetError(fmt.Errorf("x: %w", hostError(errors.New("y")))), exitTarget},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}
