package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/replay"
	"github.com/otwatch/otwatch/internal/view"
)

func compareCommand(stdout *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "compare",
		Usage: "show what changed between two recordings or reports",
		Description: "Compares two files of attach --record or attach --output json, taken before and after a change: each figure\n" +
			"with its interval, the findings that cleared or appeared, and whether the effects that advice promised occurred.\n" +
			"A change is reported if the 95 % interval of the difference excludes 0; elsewhere there is a ~.\n\n" +
			"   sudo otwatch attach --pid 4711 --duration 2m --output none --record before.rec\n" +
			"   (change the setting, restart the service)\n" +
			"   sudo otwatch attach --pid 4713 --duration 2m --output none --record after.rec\n" +
			"   otwatch compare before.rec after.rec",
		UsageText: "otwatch compare [options] BEFORE AFTER",
		Flags: []cli.Flag{
			documentFlag(documents),
			&cli.BoolFlag{Name: "partial", Usage: "compare the readable part of an incomplete or damaged recording"},
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c, 2, "otwatch compare [options] BEFORE AFTER", documents); err != nil {
				return err
			}
			return compareFiles(c, stdout, stderr)
		},
	}
}

func compareFiles(c *cli.Context, stdout *os.File, stderr io.Writer) error {
	how := replay.Options{Partial: c.Bool("partial")}
	before, err := readReports(c.Args().Get(0), how, stderr)
	if err != nil {
		return err
	}
	after, err := readReports(c.Args().Get(1), how, stderr)
	if err != nil {
		return err
	}
	document := compare.Reports(before.Targets, after.Targets)
	if c.String("output") == outputJSON {
		return outputError(export.JSON(stdout, document))
	}
	return outputError(view.Compare(stdout, document, view.ScreenOf(stdout)))
}

// readingMemory is the runtime's memory limit while a file is read. Everything that the
// limits of a recording allow to be kept fits in.
const readingMemory = 200 << 20

// readReports reads a file. It warns if the file is incomplete.
func readReports(path string, how replay.Options, stderr io.Writer) (replay.Reports, error) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(readingMemory)
	}
	reports, err := replay.File(path, how)
	if err == nil && reports.Warning != "" {
		fmt.Fprintf(stderr, "otwatch: %s: %s\n", path, reports.Warning)
	}
	if errors.Is(err, replay.ErrJudged) {
		err = usageError(err)
	}
	return reports, err
}
