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
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/launch"
	"github.com/otwatch/otwatch/internal/memory"
)

// Exit codes of a command that cannot be started, as shells have them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// commandEnded is the exit code of a command that has ended, as an error: it is otwatch's own.
type commandEnded int

func (c commandEnded) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func runCommand(stdin *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "watch a command from its start to its end",
		Description: "Starts a command and watches it, and the programs that it starts in turn, from the first instruction on: short\n" +
			"commands, too. Each program with the OpenTelemetry SDK gets the report that attach shows.\n\n" +
			"   sudo otwatch run -- ./migrate --all                     report on stderr when the command has ended\n" +
			"   sudo otwatch run --output json --output-file r.json -- ./migrate\n" +
			"   sudo otwatch run --budget 100% -- ./migrate             count every span, whatever that costs the command\n" +
			"   sudo otwatch run -- setpriv --reuid=1000 --regid=1000 --init-groups ./migrate\n\n" +
			"The command has otwatch's input, output, terminal, environment and user. Ctrl-C goes to both, and otwatch goes on\n" +
			"until the command has ended. Its exit code is the command's: 128+N if signal N ended the command, 127 if it is not\n" +
			"found, 126 if it cannot be executed. If otwatch fails before the command has begun, the exit code is that of other\n" +
			"commands of otwatch.",
		UsageText:       "otwatch run [options] [--] COMMAND [ARGUMENT ...]",
		Flags:           runFlags(),
		OnUsageError:    onUsageError,
		HideHelpCommand: true, // help is a command like any other
		Action: func(c *cli.Context) error {
			if asksForWords(c.Args().Slice()) {
				return nil
			}
			if !c.Args().Present() {
				return usageError(errors.New("no command given; use otwatch run -- COMMAND [ARGUMENT ...]"))
			}
			read, err := inputsOf(c).readAny()
			if err != nil {
				return err
			}
			config := read.config
			config.duration = 0
			config.run, config.selection, config.outputFile = true, agent.Selection{Begun: true}, c.String(outputFileFlag)
			return watchCommand(c.Context, config, c.Args().Slice(), stdin, stderr)
		},
	}
}

// outputFileFlag names the file for the output.
const outputFileFlag = "output-file"

func runFlags() []cli.Flag {
	return append(watchFlags(), group("Output",
		&cli.StringFlag{Name: outputFileFlag, Usage: "write the output to this `FILE`, which must be new or empty without --force", DefaultText: "stderr"},
	)...)
}

// watchCommand starts a command and watches it until it ends.
func watchCommand(ctx context.Context, config attachConfig, args []string, stdin *os.File, stderr io.Writer) error {
	if err := haveCapabilities(); err != nil {
		return err
	}
	command, err := launch.Start(args)
	if err != nil {
		return startError(err)
	}
	defer command.Reap()
	defer passSignals(command)()
	ctx, over := context.WithCancel(ctx)
	r := &running{command: command, over: over, ended: make(chan launch.Status, 1)}
	began := false
	err = observe(ctx, config, stdin, os.Stderr, stderr, func(_ context.Context, w *watch, _ *slog.Logger) {
		began = true
		go r.follow(ctx, w.fleet)
	})
	over()
	if !began {
		command.Kill()
		return err
	}
	status, began := <-r.ended
	if !began {
		return r.refused
	}
	return r.result(status, err, stderr)
}

// startError is the error of a command that cannot be started.
func startError(err error) error {
	switch {
	case errors.Is(err, launch.ErrNotFound):
		return exitError{exitNotFound, err}
	case errors.Is(err, launch.ErrNotExecutable):
		return exitError{exitNotExecutable, err}
	}
	return hostError(err)
}

// running is a command that is being watched.
type running struct {
	command *launch.Command
	over    context.CancelFunc // ends the watching
	ended   chan launch.Status // closed without one if the command never began
	refused error              // why it did not

	watched   bool     // a program of the command
	unwatched []string // why others are not
}

// follow lets the command run, and watches what it executes, until it has ended.
func (r *running) follow(ctx context.Context, fleet *agent.Fleet) {
	defer r.over()
	defer close(r.ended)
	err := r.watch(ctx, fleet, r.command.PID)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, memory.ErrForbidden) {
		r.command.Kill()
		r.refused = hostError(err)
		return
	}
	r.ended <- r.command.Follow(err == nil, func(pid int) bool { return r.watch(ctx, fleet, pid) == nil || ctx.Err() != nil })
}

// watch watches a process that is stopped before the first instruction of a program.
func (r *running) watch(ctx context.Context, fleet *agent.Fleet, pid int) error {
	err := fleet.Begin(ctx, pid)
	switch {
	case err == nil:
		r.watched = true
	case len(r.unwatched) < maxUnwatched && !slices.Contains(r.unwatched, err.Error()):
		r.unwatched = append(r.unwatched, err.Error())
	}
	return err
}

// maxUnwatched bounds the programs of which it is said why they are not watched.
const maxUnwatched = 3

// result is what otwatch ends with after the command: its exit code or, if that is 0, what
// --fail-on demands. Anything that went wrong is said.
func (r *running) result(status launch.Status, err error, stderr io.Writer) error {
	if !r.watched {
		say(stderr, "otwatch: no report: %s\n", strings.Join(r.unwatched, "; "))
	}
	if err != nil && exitCode(err) == exitFinding && status.Code() == exitDone {
		return err
	}
	if err != nil {
		say(stderr, "otwatch: %v\n", err)
	}
	return commandEnded(status.Code())
}
