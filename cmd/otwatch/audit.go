package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/audit"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/view"
)

func auditCommand(stdout *os.File) *cli.Command {
	const usage = "otwatch audit [--output json] BINARY..."
	return &cli.Command{
		Name:  "audit",
		Usage: "show what executables are made of, without running them",
		Description: "Shows the OpenTelemetry modules of Go executables, whether otwatch can watch them, which variables have an effect,\n" +
			"and the defects and vulnerabilities that are known of their versions. It needs no root and no process, and takes\n" +
			"executables for other architectures too.\n\n" +
			"   otwatch audit ./shop /usr/local/bin/*\n\n" +
			"Exit codes: 0 all were examined, whatever was found; 1 one could not be read; 3 one is no Go program.",
		UsageText:    usage,
		Flags:        []cli.Flag{documentFlag(documents)},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c, max(c.NArg(), 1), usage, documents); err != nil {
				return err
			}
			return auditFiles(stdout, c.Args().Slice(), c.String("output"))
		},
	}
}

// auditFiles shows all files, also if some could not be examined.
func auditFiles(stdout *os.File, paths []string, form string) error {
	document := audit.Document{Schema: audit.Schema}
	var failed []error
	for _, path := range paths {
		examined, err := target.AuditFile(path, probes.Lookups()...)
		if err != nil {
			failed = append(failed, auditError(path, err))
			document.Binaries = append(document.Binaries, audit.Failed(path, err))
			continue
		}
		document.Binaries = append(document.Binaries, audit.Of(examined))
	}
	if err := outputError(showAudit(stdout, document, form)); err != nil {
		return err
	}
	return failures(failed)
}

func showAudit(stdout *os.File, document audit.Document, form string) error {
	if form == outputJSON {
		return export.JSON(stdout, document)
	}
	examined := slices.DeleteFunc(document.Binaries, func(b audit.Binary) bool { return b.Error != nil })
	return view.Audit(stdout, examined, view.ScreenOf(stdout))
}

// auditError is an error about a file. A file that is no Go program has nothing to observe.
func auditError(path string, err error) error {
	var verdict *gobinary.Error
	if errors.As(err, &verdict) {
		return targetError(fmt.Errorf("%s%s", path, verdict.Says))
	}
	if !strings.Contains(err.Error(), path) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// failures has the messages of all failures, and the exit code of the gravest: a file that
// could not be read.
func failures(failed []error) error {
	if len(failed) == 0 {
		return nil
	}
	says := make([]string, len(failed))
	for i, err := range failed {
		says[i] = err.Error()
	}
	all := errors.New(strings.Join(says, "; "))
	if slices.ContainsFunc(failed, func(err error) bool { return exitCode(err) == exitFailure }) {
		return exitError{exitFailure, all}
	}
	return targetError(all)
}
