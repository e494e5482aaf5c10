package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

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
			"   otwatch compare before.rec after.rec\n\n" +
			"--fail-on makes it a gate for pipelines, with exit code 10. A change fails only if its whole interval lies beyond the limit:\n\n" +
			"   otwatch compare --fail-on lost --fail-on increase=cpu.tracing.share:1pt before.rec after.rec",
		UsageText: "otwatch compare [options] BEFORE AFTER",
		Flags: []cli.Flag{
			documentFlag(compareDocuments),
			&cli.StringSliceFlag{Name: "fail-on", Usage: "exit with code 10 on this `CONDITION`: lost (spans, after the change), increase=FIGURE:LIMIT or decrease=FIGURE:LIMIT, " +
				"where a limit is relative (10%) or in the figure's unit (1pt, 200us, 10MB); may be repeated"},
			&cli.BoolFlag{Name: "partial", Usage: "compare the readable part of an incomplete or damaged recording"},
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c, 2, "otwatch compare [options] BEFORE AFTER", compareDocuments); err != nil {
				return err
			}
			return compareFiles(c, stdout, stderr)
		},
	}
}

func compareFiles(c *cli.Context, stdout *os.File, stderr io.Writer) error {
	var gates []compare.Gate
	for _, text := range c.StringSlice("fail-on") {
		gate, err := compare.ParseGate(text)
		if err != nil {
			return usageError(fmt.Errorf("--fail-on %w", err))
		}
		gates = append(gates, gate)
	}
	how := replay.Options{Partial: c.Bool("partial")}
	before, err := readReports(c.Args().Get(0), how, stderr)
	if err != nil {
		return err
	}
	after, err := readReports(c.Args().Get(1), how, stderr)
	if err != nil {
		return err
	}
	document := compare.Reports(before.Targets, after.Targets, gates...)
	switch c.String("output") {
	case outputJSON:
		err = export.JSON(stdout, document)
	case outputMarkdown:
		err = view.CompareMarkdown(stdout, document)
	default:
		err = view.Compare(stdout, document, view.ScreenOf(stdout))
	}
	if err != nil {
		return outputError(err)
	}
	return judged(document, gates)
}

// judged returns an error if a gate failed. A gate that could not be judged fails nothing:
// the output says why.
func judged(d compare.Document, gates []compare.Gate) error {
	if len(gates) > 0 && len(d.Targets) == 0 {
		return errors.New("--fail-on: no process is in both files: nothing was judged")
	}
	var failed []string
	for _, c := range d.Targets {
		for _, g := range c.Gates {
			if g.Verdict == compare.Fail {
				failed = append(failed, fmt.Sprintf("--fail-on %s: %s", g.Gate, g.Evidence))
			}
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return exitError{exitFinding, errors.New(strings.Join(failed, "; "))}
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
