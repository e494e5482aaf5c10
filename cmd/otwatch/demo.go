package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/demo"
	"github.com/otwatch/otwatch/internal/export"
)

func demoCommand(stdin, stdout *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "watch a built-in traced workload",
		Description: "Starts a small traced workload as a separate process, and an OTLP receiver. Attaches to the workload as\n" +
			"to any other process, and then shows what the receiver got. Leaves nothing behind.",
		UsageText: "otwatch demo [--duration TIME]",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "duration", Aliases: []string{"d"}, Value: 15 * time.Second, Usage: "watch for this `TIME`"},
		},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if c.Duration("duration") <= 0 {
				return usageError(fmt.Errorf("--duration %v: must be above 0, for example 30s", c.Duration("duration")))
			}
			return runDemo(c.Context, c.Duration("duration"), stdin, stdout, stderr)
		},
	}
}

const workloadName = "demo-workload"

func workloadCommand() *cli.Command {
	return &cli.Command{
		Name:   workloadName,
		Hidden: true, // the process that demo watches
		Flags:  []cli.Flag{&cli.StringFlag{Name: "endpoint", Required: true}},
		Action: func(c *cli.Context) error {
			ctx, stop := untilSignal(c.Context, nil)
			defer stop()
			return demo.RunWorkload(ctx, c.String("endpoint"))
		},
	}
}

func runDemo(ctx context.Context, duration time.Duration, stdin, stdout *os.File, stderr io.Writer) error {
	receiver, err := demo.NewReceiver()
	if err != nil {
		return err
	}
	defer receiver.Close()
	workload, err := startWorkload(receiver.Endpoint(), stderr)
	if err != nil {
		return err
	}
	err = attach(ctx, attachConfig{
		selection: agent.Selection{PIDs: []int{workload.Process.Pid}}, duration: duration, interval: time.Second,
		output: outputText, endpoint: "http://" + receiver.Endpoint(), protocol: string(export.GRPC), metrics: metricsAll, budget: 0.01, hostBudget: 0.01,
	}, nil, stdin, stdout, stderr)
	if err = errors.Join(err, stopWorkload(workload)); err != nil {
		return err
	}
	var received bytes.Buffer
	if err := showReceived(&received, receiver.Received()); err != nil {
		return err
	}
	return outputError(newOutlet(stdout).last(received.Bytes()))
}

// startWorkload starts the traced process, which is this executable with another
// command. It ends when otwatch ends, however that happens.
func startWorkload(endpoint string, stderr io.Writer) (*exec.Cmd, error) {
	workload := exec.Command("/proc/self/exe", workloadName, "--endpoint", endpoint)
	workload.Env = append(os.Environ(), "OTEL_SERVICE_NAME=checkout")
	workload.Stderr = stderr
	workload.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if err := workload.Start(); err != nil {
		return nil, fmt.Errorf("start the demo's workload: %w", err)
	}
	return workload, nil
}

// stopWorkload lets the workload export its remaining spans and end.
func stopWorkload(workload *exec.Cmd) error {
	if err := workload.Process.Signal(unix.SIGTERM); err != nil {
		return err
	}
	if err := workload.Wait(); err != nil {
		return fmt.Errorf("the demo's workload: %w", err)
	}
	return nil
}

func showReceived(w io.Writer, got demo.Received) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nTHE RECEIVER GOT\n")
	fmt.Fprintf(table, "  from the workload\t%d spans\tin %d exports\n", got.Spans, got.TraceExports)
	fmt.Fprintf(table, "  from otwatch\t%d metrics\tin %d exports\n", len(got.Metrics), got.MetricExports)
	for _, m := range got.Metrics {
		fmt.Fprintf(table, "    %s\t%.6g\t%s\n", m.Name, m.Value, m.Unit)
	}
	return table.Flush()
}
