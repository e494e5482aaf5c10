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
		Usage:        "tell what this host allows",
		Description:  "Tries everything that otwatch needs of this host, and says what to change where it fails.",
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
		return hostError(errors.New("this host does not allow otwatch to watch processes; see above"))
	}
	return nil
}
