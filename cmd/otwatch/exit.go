package main

import (
	"errors"
	"fmt"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/serve"
)

// Exit codes, the same for every command.
const (
	exitDone    = 0
	exitFailure = 1 // while running
	exitUsage   = 2
	exitTarget  = 3  // no such target, or nothing to observe in it
	exitHost    = 4  // the host or the privileges do not allow it
	exitFinding = 10 // --fail-on: a finding of that severity, or a change; --expect: not so
)

// exitError is an error with its exit code.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

func usageError(err error) error  { return exitError{exitUsage, err} }
func targetError(err error) error { return exitError{exitTarget, err} }
func hostError(err error) error   { return exitError{exitHost, err} }

// exitCode returns the exit code of the outermost error that has one.
func exitCode(err error) int {
	var exit exitError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, export.ErrConfig), errors.Is(err, serve.ErrConfig):
		return exitUsage
	case errors.Is(err, serve.ErrNotAllowed):
		return exitHost
	}
	return exitFailure
}

var errStdout = errors.New("cannot write to stdout")

// outputError marks a failure to write the command's result.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errStdout, err)
}
