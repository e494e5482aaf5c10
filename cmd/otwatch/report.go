package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/otwatch/otwatch/internal/checklist"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/patch"
	"github.com/otwatch/otwatch/internal/replay"
	"github.com/otwatch/otwatch/internal/view"
)

// documents are the forms of output of list. report and compare have more.
var (
	documents        = []string{outputText, outputJSON}
	compareDocuments = []string{outputText, outputJSON, outputMarkdown}
	reportDocuments  = []string{outputText, outputJSON, outputHTML, outputPprof, outputFolded, outputPatch}
)

// Forms of output that attach does not have.
const (
	outputHTML     = "html"
	outputPprof    = "pprof"
	outputFolded   = "folded"
	outputPatch    = "patch"
	outputMarkdown = "markdown"
)

func reportCommand(stdout *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "show the report of a recording",
		Description: "Evaluates a recording (otwatch attach --record FILE) as attach did. The same version of otwatch reproduces\n" +
			"the live report byte for byte; newer versions apply newer rules. A JSON report is shown as it is.\n" +
			"Needs no privileges, and works on any machine.\n\n" +
			"   otwatch report before.rec                               as text\n" +
			"   otwatch report --output html before.rec > before.html   one self-contained page with charts\n" +
			"   otwatch report --output pprof before.rec > cpu.pb.gz    the CPU samples for go tool pprof, labelled with class and stage\n" +
			"   otwatch report --output folded before.rec               their stacks, one a line, for flame graph tools\n" +
			"   otwatch report --output patch before.rec                the settings that findings advise, to paste: kubectl set env in a pod,\n" +
			"                                                           a systemd drop-in, a compose override, variables, or Go code\n\n" +
			"A recording that is incomplete, for example after a crash, or damaged is refused; --partial reports the readable part.",
		UsageText: "otwatch report [options] FILE",
		Flags: []cli.Flag{
			documentFlag(reportDocuments),
			&cli.StringFlag{Name: "patch", Usage: "`FORM` of --output patch, which it implies: " + strings.Join(patch.Forms(), ", ") + "; auto is by how the program runs"},
			&cli.BoolFlag{Name: "partial", Usage: "report the readable part of an incomplete or damaged recording"},
			&cli.BoolFlag{Name: "checklist", Usage: "instead of the report, answer ten questions about tracing in production and name the bottlenecks"},
			overheadFlag(),
			failOnFlag(),
			&cli.StringFlag{Name: "expect", Usage: "exit with code 10 unless this `STATE` is certain of all processes: exporting (exports return, no span is lost, no processor is left behind)"},
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := checkFiles(c, 1, "otwatch report [options] FILE", reportDocuments); err != nil {
				return err
			}
			if err := errors.Join(checkSeverity(c.String("fail-on")), checkState(c.String("expect"))); err != nil {
				return err
			}
			return showReport(c, stdout, stderr)
		},
	}
}

func showReport(c *cli.Context, stdout *os.File, stderr io.Writer) error {
	target, err := targetOverhead(c)
	if err != nil {
		return err
	}
	form, show := c.String("output"), showReports
	if c.IsSet("patch") && !c.IsSet("output") {
		form = outputPatch
	}
	switch {
	case c.IsSet("patch") && (form != outputPatch || c.Bool("checklist")):
		return usageError(errors.New("--patch is a form of --output patch, without --checklist"))
	case c.IsSet("patch") && !slices.Contains(patch.Forms(), c.String("patch")):
		return usageError(fmt.Errorf("--patch %q: must be one of %s", c.String("patch"), strings.Join(patch.Forms(), ", ")))
	case c.Bool("checklist") && form != outputText && form != outputJSON:
		return usageError(fmt.Errorf("--checklist --output %s: a checklist is text or json; --output html without --checklist includes it", form))
	case c.Bool("checklist"):
		show = showChecklists
	case form == outputPprof && term.IsTerminal(int(stdout.Fd())):
		return usageError(errors.New("--output pprof: a profile cannot be shown on a terminal; redirect it: otwatch report --output pprof FILE > cpu.pb.gz"))
	}
	how := replay.Options{Partial: c.Bool("partial"), TargetOverhead: target, Timelines: form == outputHTML, Stacks: form == outputHTML || form == outputPprof || form == outputFolded}
	reports, err := readReports(c.Args().First(), how, stderr)
	if err != nil {
		return err
	}
	if form == outputPatch {
		show = showPatch(patch.Form(cmp.Or(c.String("patch"), string(patch.Auto))))
	}
	if err := show(stdout, form, reports); err != nil {
		return err
	}
	return errors.Join(failOn(c.String("fail-on"), reports.Targets), expect(c.String("expect"), reports.Targets))
}

func showReports(stdout *os.File, form string, reports replay.Reports) error {
	switch form {
	case outputJSON:
		return outputError(export.JSON(stdout, export.Document(reports.Targets, reports.CPUs)))
	case outputHTML:
		return outputError(view.HTML(stdout, reports.Timelines, reports.Warning))
	case outputPprof, outputFolded:
		return showStacks(stdout, form, reports)
	}
	return outputError(summarize(stdout, view.ScreenOf(stdout), reports.Targets))
}

// showPatch writes the settings that findings advise.
func showPatch(as patch.Form) func(*os.File, string, replay.Reports) error {
	return func(stdout *os.File, _ string, reports replay.Reports) error {
		return outputError(patch.Write(stdout, reports.Targets, as))
	}
}

// showStacks writes the CPU samples, as a profile as attach --pprof does, or as text.
func showStacks(stdout *os.File, form string, reports replay.Reports) error {
	if len(reports.Snapshots) == 0 {
		return usageError(fmt.Errorf("--output %s: %w", form, replay.ErrJudged))
	}
	if form == outputFolded {
		return outputError(export.Folded(stdout, reports.Snapshots))
	}
	return outputError(export.Profile(reports.Snapshots).Write(stdout))
}

func showChecklists(stdout *os.File, form string, reports replay.Reports) error {
	if form == outputJSON {
		return outputError(export.JSON(stdout, export.Checklists(reports.Targets)))
	}
	for _, r := range reports.Targets {
		if err := view.Checklist(stdout, checklist.Of(r), view.ScreenOf(stdout)); err != nil {
			return outputError(err)
		}
	}
	return nil
}

func documentFlag(forms []string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "`FORM` of the output: " + strings.Join(forms, ", ")}
}

// checkFiles rejects a number of files other than n, options after the first file, and
// unknown forms of output.
func checkFiles(c *cli.Context, n int, usage string, forms []string) error {
	for _, arg := range c.Args().Slice() {
		if strings.HasPrefix(arg, "-") {
			return onUsageError(c, fmt.Errorf("%s comes after a file; options must come first: %s", arg, usage), true)
		}
	}
	if c.NArg() != n {
		return onUsageError(c, fmt.Errorf("number of files: got %d, want %d: %s", c.NArg(), n, usage), true)
	}
	if !slices.Contains(forms, c.String("output")) {
		return usageError(fmt.Errorf("--output %q: must be one of %s", c.String("output"), strings.Join(forms, ", ")))
	}
	return nil
}
