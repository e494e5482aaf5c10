package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/replay"
	"github.com/otwatch/otwatch/internal/view"
)

// documents are the forms of output for what is read from files.
var documents = []string{outputText, outputJSON}

func reportCommand(stdout *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "show what a recording tells",
		Description: "Judges a recording again, as attach did when it made it (otwatch attach --record FILE): the figures are\n" +
			"the same to the last byte, unless this otwatch knows more. A JSON report is shown as it is.\n" +
			"Needs no privileges, and works on any machine.\n\n" +
			"A recording that is cut off, as after a crash, or damaged is refused; --partial reports what came before.",
		UsageText: "otwatch report [options] FILE",
		Flags: []cli.Flag{
			documentFlag(),
			&cli.BoolFlag{Name: "partial", Usage: "report what can be read of a recording that is cut off or damaged"},
			&cli.BoolFlag{Name: "checklist", Usage: "answer ten questions that production asks of tracing, and name the bottlenecks, instead"},
			overheadFlag(),
			failOnFlag(),
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c, 1, "otwatch report [options] FILE"); err != nil {
				return err
			}
			return report(c, stdout, stderr)
		},
	}
}

func report(c *cli.Context, stdout *os.File, stderr io.Writer) error {
	target, err := targetOverhead(c)
	if err != nil {
		return err
	}
	reports, err := readReports(c, 0, target, stderr)
	if err != nil {
		return err
	}
	show := showReports
	if c.Bool("checklist") {
		show = showChecklists
	}
	if err := show(stdout, c.String("output"), reports); err != nil {
		return err
	}
	return failOn(c.String("fail-on"), reports.Targets)
}

func showReports(stdout *os.File, form string, reports replay.Reports) error {
	if form == outputJSON {
		return outputError(export.JSON(stdout, export.Document(reports.Targets, reports.CPUs)))
	}
	return summarize(stdout, reports.Targets)
}

func showChecklists(stdout *os.File, form string, reports replay.Reports) error {
	if form == outputJSON {
		return outputError(export.JSON(stdout, export.Checklists(reports.Targets)))
	}
	for _, r := range reports.Targets {
		if err := view.Checklist(stdout, r.Check(), view.ScreenOf(stdout)); err != nil {
			return outputError(err)
		}
	}
	return nil
}

func documentFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "`FORM` of the output: " + strings.Join(documents, ", ")}
}

// checkFiles refuses another number of arguments than n, and options that no
// command of this kind takes. Options end where the first file stands.
func checkFiles(c *cli.Context, n int, usage string) error {
	for _, arg := range c.Args().Slice() {
		if strings.HasPrefix(arg, "-") {
			return onUsageError(c, fmt.Errorf("%s stands behind a file; options come first: %s", arg, usage), true)
		}
	}
	if c.NArg() != n {
		return onUsageError(c, fmt.Errorf("files given: %d, needed: %d: %s", c.NArg(), n, usage), true)
	}
	if !slices.Contains(documents, c.String("output")) {
		return usageError(fmt.Errorf("--output %q: must be one of %s", c.String("output"), strings.Join(documents, ", ")))
	}
	return checkSeverity(c.String("fail-on"))
}
