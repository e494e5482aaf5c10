package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/report"
)

func failOnFlag() cli.Flag {
	return &cli.StringFlag{Name: "fail-on", Usage: "exit with code 10 if there is a finding of at least this `SEVERITY`, past ones included: " +
		strings.Join(report.Severities, ", ")}
}

// checkSeverity rejects a name that is not a severity. "" is allowed.
func checkSeverity(severity string) error {
	if severity == "" || slices.Contains(report.Severities, severity) {
		return nil
	}
	return usageError(fmt.Errorf("--fail-on %q: must be one of %s", severity, strings.Join(report.Severities, ", ")))
}

// failOn returns an error if a report has a finding of at least this severity.
func failOn(severity string, reports []report.Report) error {
	if severity == "" {
		return nil
	}
	var ids []string
	for _, f := range report.AtLeast(severity, reports) {
		ids = append(ids, fmt.Sprintf("%s (%s)", f.ID, f.Severity))
	}
	if len(ids) == 0 {
		return nil
	}
	return exitError{exitFinding, fmt.Errorf("--fail-on %s: %s", severity, strings.Join(ids, ", "))}
}
