package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/host"
)

func doctorCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:         "doctor",
		Usage:        "check what this host supports",
		Description:  "Tries everything that otwatch needs from this host, and says what to change if it fails.",
		UsageText:    "otwatch doctor",
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return doctor(stdout)
		},
	}
}

func doctor(stdout *os.File) error {
	failed := false
	for _, check := range host.Examine() {
		verdict, detail := "ok", check.Detail
		if check.Err != nil {
			verdict, detail = "FAIL", check.Err.Error()
			failed = failed || check.Required
		}
		if _, err := fmt.Fprintf(stdout, "%-4s  %s: %s\n", verdict, check.Name, detail); err != nil {
			return outputError(err)
		}
		if check.Err != nil {
			fmt.Fprintf(stdout, "      needed: %s\n", check.Fix)
		}
	}
	if failed {
		return hostError(errors.New("otwatch cannot watch processes on this host; see above"))
	}
	return nil
}
