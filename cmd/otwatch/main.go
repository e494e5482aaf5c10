// Command otwatch watches running Go processes from outside and measures what
// OpenTelemetry tracing costs them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/untrusted"
)

func main() {
	// A reader that has gone shows as an error of the write, like any other failure.
	signal.Ignore(unix.SIGPIPE)
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run runs otwatch with the given arguments and returns the exit code. It sanitizes
// everything that goes to stderr, since errors and log lines contain text from targets
// and files.
func run(ctx context.Context, args []string, stdin, stdout *os.File, stderr io.Writer) int {
	stderr = untrusted.Lines{W: stderr}
	app := newApp(stdin, stdout, stderr)
	completable(app, args)
	err := app.RunContext(ctx, args)
	var ended commandEnded
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return int(ended)
	}
	say(stderr, "otwatch: %v\n", err)
	return exitCode(err)
}

func newApp(stdin, stdout *os.File, stderr io.Writer) *cli.App {
	return &cli.App{
		Name:  "otwatch",
		Usage: "measure what OpenTelemetry tracing costs a running Go process, from outside",
		Description: "otwatch attaches to a running process without restarting or changing it.\n\n" +
			"   sudo otwatch attach --pid 4711                          watch a process\n" +
			"   sudo otwatch attach --name 'check*' --output jsonl      watch all that match, one JSON report per line and interval\n" +
			"   sudo otwatch run -- ./migrate --all                     watch a command from its start to its end\n" +
			"   sudo otwatch list                                       list the processes that can be watched\n" +
			"        otwatch report before.rec                          show the report of a recording (attach --record)\n" +
			"        otwatch compare before.rec after.rec               show what a change brought\n" +
			"        otwatch audit ./shop                               show what an executable is made of, without running it\n" +
			"   sudo otwatch doctor                                     check what this host supports\n" +
			"   sudo otwatch demo                                       try it on a built-in workload\n\n" +
			"Exit codes: 0 done, 1 failure while running, 2 usage error, 3 no such process or nothing in it to observe,\n" +
			"4 the host or the privileges do not allow it, 10 a condition of --fail-on or --expect; otwatch run: those of its command.",
		Version:         version(),
		HideHelpCommand: true,
		Commands: []*cli.Command{
			attachCommand(stdin, stdout, stderr), runCommand(stdin, stderr), reportCommand(stdout, stderr), compareCommand(stdout, stderr),
			listCommand(stdout), auditCommand(stdout), doctorCommand(stdout),
			demoCommand(stdin, stdout, stderr), workloadCommand(),
			configCommand(stdout), versionCommand(stdout), completionCommand(stdout), manCommand(stdout),
		},
		Writer:         stdout,
		ErrWriter:      stderr,
		ExitErrHandler: func(*cli.Context, error) {}, // run does it
		OnUsageError:   onUsageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usageError(fmt.Errorf("unknown command %q; see otwatch --help", c.Args().First()))
			}
			return cli.ShowAppHelp(c)
		},
	}
}

func newLogger(stderr io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05"))
		}
		return a
	}}))
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	if c.Command != nil && c.Command.Name != "" {
		return usageError(fmt.Errorf("%s: %w; see otwatch %s --help", c.Command.Name, err, c.Command.Name))
	}
	return usageError(fmt.Errorf("%w; see otwatch --help", err))
}

// noArguments rejects arguments that are not flags.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return onUsageError(c, fmt.Errorf("unexpected argument %q", c.Args().First()), true)
	}
	return nil
}
