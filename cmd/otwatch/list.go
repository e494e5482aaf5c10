package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/containers"
	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/view"
)

func listCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "show the processes that can be watched",
		Description: "Shows the running Go processes that use the OpenTelemetry SDK.",
		UsageText:   "otwatch list [--verbose] [--output json]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "also show defects that are known of their versions, and all other processes with why they cannot be watched"},
			runtimeFlag(),
			documentFlag(documents),
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if !slices.Contains(documents, c.String("output")) {
				return usageError(fmt.Errorf("--output %q: must be one of %s", c.String("output"), strings.Join(documents, ", ")))
			}
			names, err := containerNames(c.String("runtime-endpoint"), newLogger(c.App.ErrWriter, slog.LevelInfo))
			if err != nil {
				return err
			}
			return list(c.Context, stdout, c.App.ErrWriter, names, c.String("output"), c.Bool("verbose"))
		},
	}
}

func list(ctx context.Context, stdout *os.File, stderr io.Writer, names *containers.Directory, form string, verbose bool) error {
	all, err := target.Discover()
	if err != nil {
		return err
	}
	unreadable := 0
	shown := []target.Found{}
	for _, f := range all {
		if errors.Is(f.Err, fs.ErrPermission) {
			unreadable++
		}
		if f.Err == nil || verbose {
			f.Name(ctx, names)
			shown = append(shown, f)
		}
	}
	if unreadable > 0 && os.Geteuid() != 0 {
		fmt.Fprintf(stderr, "otwatch: %d processes could not be read; use sudo to see all\n", unreadable)
	}
	if form == outputJSON {
		return outputError(export.JSON(stdout, export.List(shown)))
	}
	if !slices.ContainsFunc(all, func(f target.Found) bool { return f.Err == nil }) {
		fmt.Fprintln(stderr, "otwatch: no running Go process uses the OpenTelemetry SDK")
	}
	if len(shown) == 0 {
		return nil
	}
	return outputError(listTable(stdout, shown, verbose))
}

func listTable(stdout io.Writer, shown []target.Found, verbose bool) error {
	inPods := slices.ContainsFunc(shown, func(f target.Found) bool { return f.Kubernetes.PodName != "" })
	table := make([][]string, 1+len(shown))
	for _, c := range []struct {
		name string
		show bool
		cell func(target.Found) string
	}{
		{"PID", true, func(f target.Found) string { return strconv.Itoa(f.PID) }},
		{"SERVICE", true, func(f target.Found) string { return known(f.ServiceName) }},
		{"POD", inPods, func(f target.Found) string { return known(view.Pod(f.Kubernetes.Namespace, f.Kubernetes.PodName)) }},
		{"GO", true, func(f target.Found) string { return known(f.GoVersion) }},
		{"SDK", true, func(f target.Found) string { return known(f.SDKVersion) }},
		{"EXECUTABLE", true, func(f target.Found) string { return known(f.Exe) }},
		{"KNOWN ISSUES", verbose, func(f target.Found) string { return defects.Counted(f.Defects) }},
		{"WHY NOT", verbose, func(f target.Found) string { return target.Reason(f.Err) }},
	} {
		if !c.show {
			continue
		}
		table[0] = append(table[0], c.name)
		for i, f := range shown {
			table[1+i] = append(table[1+i], c.cell(f))
		}
	}
	return view.Table(stdout, table)
}

// known returns a placeholder for an empty text, such as a version that a build does
// not record.
func known(fact string) string {
	if fact == "" {
		return "–"
	}
	return fact
}
