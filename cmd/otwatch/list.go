package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/view"
)

func listCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:         "list",
		Usage:        "show the processes that can be watched",
		Description:  "Shows the running Go processes that carry the OpenTelemetry SDK.",
		UsageText:    "otwatch list",
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return list(stdout, c.App.ErrWriter)
		},
	}
}

func list(stdout *os.File, stderr io.Writer) error {
	all, err := target.Discover()
	if err != nil {
		return err
	}
	unreadable := 0
	var found []target.Found
	for _, f := range all {
		if errors.Is(f.Err, fs.ErrPermission) {
			unreadable++
		}
		if f.Err == nil {
			found = append(found, f)
		}
	}
	if unreadable > 0 && os.Geteuid() != 0 {
		fmt.Fprintf(stderr, "otwatch: %d processes could not be read; run it with sudo to see all\n", unreadable)
	}
	if len(found) == 0 {
		fmt.Fprintln(stderr, "otwatch: no running Go process carries the OpenTelemetry SDK")
		return nil
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PID\tSERVICE\tGO\tSDK\tEXECUTABLE")
	for _, f := range found {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", f.PID,
			view.Sanitize(f.ServiceName), known(f.GoVersion), known(f.SDKVersion), view.Sanitize(f.Exe))
	}
	return outputError(table.Flush())
}

// known stands in for what a build does not record.
func known(version string) string {
	if version == "" {
		return "–"
	}
	return version
}
