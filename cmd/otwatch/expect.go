package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/report"
)

// exporting is the state that --expect knows.
const exporting = "exporting"

// checkState rejects a name that is not a state. "" is allowed.
func checkState(state string) error {
	if state == "" || state == exporting {
		return nil
	}
	return usageError(fmt.Errorf("--expect %q: must be %s", state, exporting))
}

// expect returns an error unless all processes are in a state for certain: what is not
// known is not as expected.
func expect(state string, reports []report.Report) error {
	if state == "" {
		return nil
	}
	if len(reports) == 0 {
		return exitError{exitFinding, fmt.Errorf("--expect %s: there is no process in the file", state)}
	}
	var not []error
	for _, r := range reports {
		var said []string
		for _, c := range checklist.Exporting(r) {
			if c.Verdict != checklist.Pass {
				said = append(said, fmt.Sprintf("%s %s (%s)", c.Question, c.Verdict, c.Evidence))
			}
		}
		if len(said) > 0 {
			not = append(not, fmt.Errorf("--expect %s: %s, pid %d: %s", state, r.Target.ServiceName, r.Target.PID, strings.Join(said, "; ")))
		}
	}
	if len(not) == 0 {
		return nil
	}
	return exitError{exitFinding, errors.Join(not...)}
}
