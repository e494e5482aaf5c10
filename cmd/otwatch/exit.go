package main

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/export"
)

// Exit codes, the same for every command.
const (
	exitDone    = 0
	exitFailure = 1 // while running
	exitUsage   = 2
	exitTarget  = 3  // no such target, or nothing in it to observe
	exitHost    = 4  // the host or the privileges do not allow it
	exitFinding = 10 // --fail-on: there is such a finding
)

// exitError is an error with the exit code it leads to.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

func usageError(err error) error  { return exitError{exitUsage, err} }
func targetError(err error) error { return exitError{exitTarget, err} }
func hostError(err error) error   { return exitError{exitHost, err} }

// exitCode is that of the outermost error that has one.
func exitCode(err error) int {
	var exit exitError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, export.ErrConfig):
		return exitUsage
	}
	return exitFailure
}

var errStdout = errors.New("cannot write to stdout")

// outputError is a failure to write the command's result.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errStdout, err)
}
