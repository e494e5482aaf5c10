package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	standard "log"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/config"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/host"
	"github.com/otwatch/otwatch/internal/monitor"
	"github.com/otwatch/otwatch/internal/report"
)

// flushTimeout limits the last export when otwatch ends.
const flushTimeout = 5 * time.Second

// attachConfig has the options of attach.
type attachConfig struct {
	selection  agent.Selection
	duration   time.Duration // 0: until a signal
	interval   time.Duration
	stretch    bool // the interval may grow with the number of targets
	output     string
	outputFile string // for the output; empty: none
	endpoint   string
	protocol   string   // of OTLP; empty: as the endpoint and the environment say
	resource   []string // attributes for all targets
	dropped    []string // attributes that no target gets
	metrics    string   // all, essential
	listen     string   // address; empty: no web server
	webConfig  string   // file; empty: none
	budget     float64
	hostBudget float64 // share of the machine's CPU time
	unprobed   bool
	limits     report.Limits
	targets    []targetConfig
	pprof      string              // file for a profile; empty: none
	record     string              // path; empty: no recording
	runtime    string              // socket of the container runtime; empty: in the usual places
	force      bool                // replace these two files if they are not empty
	failOn     string              // severity; empty: never
	texts      map[string][]string // the options as texts, by their names
	run        bool                // a command is watched: terminal, messages and environment are the command's
}

func attachCommand(stdin, stdout *os.File, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "attach",
		Usage: "watch running processes",
		Description: "Attaches to Go processes that use the OpenTelemetry SDK and shows, until interrupted, what tracing costs,\n" +
			"spans, queues, exports, findings, and what watching costs. The processes are neither stopped nor restarted.\n\n" +
			"--all watches all of them; --name, --cgroup, --pod and --namespace those that match, including processes that start\n" +
			"later.\n" +
			"Ctrl-C ends it.\n\n" +
			"On a terminal the view is live; elsewhere there is one line per interval and a summary at the end.\n" +
			"With --endpoint or OTEL_EXPORTER_OTLP_ENDPOINT, the figures are also sent as OTLP metrics. With --listen, they are\n" +
			"also served: a live page for people, and /metrics for Prometheus.",
		UsageText: "otwatch attach --pid PID [--pid PID ...] [options]\n" +
			"otwatch attach --name GLOB [options]\n" +
			"otwatch attach --all [--exclude GLOB] [options]",
		Flags:        attachFlags(),
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			in := inputsOf(c)
			read, err := in.read()
			if err != nil {
				return err
			}
			return attach(c.Context, read.config, in.again(read), stdin, stdout, stderr)
		},
	}
}

// attachFlags are all options. configKeys makes keys of the configuration file and
// variables of the environment of them.
func attachFlags() []cli.Flag {
	return slices.Concat(
		group("Processes",
			&cli.StringSliceFlag{Name: "pid", Aliases: []string{"p"}, Usage: "watch the process with this `PID`; may be repeated"},
			&cli.StringSliceFlag{Name: "name", Aliases: []string{"n"}, Usage: "watch processes whose executable's name matches this `GLOB`, including later ones; may be repeated"},
			&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, Usage: "watch all processes that use the SDK, including later ones; waits if there is none"},
			&cli.StringSliceFlag{Name: "cgroup", Usage: "watch processes in or below this cgroup, a `GLOB|PATH` such as /system.slice/checkout.service or 'cri-containerd-77ab*', including later ones; may be repeated"},
			&cli.StringSliceFlag{Name: "pod", Usage: "watch processes in Kubernetes pods whose name matches this `GLOB`, including later ones; may be repeated"},
			&cli.StringSliceFlag{Name: "namespace", Usage: "watch processes in Kubernetes namespaces whose name matches this `GLOB`, including later ones; may be repeated"},
			&cli.StringSliceFlag{Name: "exclude", Usage: "exclude processes whose executable's name matches this `GLOB`; may be repeated"},
		),
		group("Output",
			&cli.DurationFlag{Name: "duration", Aliases: []string{"d"}, Usage: "stop after this `TIME`, such as 30s or 5m", DefaultText: "until interrupted"},
		),
		watchFlags(),
	)
}

// watchFlags are the options of every command that watches processes.
func watchFlags() []cli.Flag {
	return slices.Concat(
		group("Processes", runtimeFlag()),
		group("Output",
			&cli.DurationFlag{Name: "interval", Aliases: []string{"i"}, Value: time.Second, Usage: "show figures every `TIME`", DefaultText: "1s; longer with more than 12 processes"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "`FORM` of the output: text, json (one report at the end), jsonl (one report per interval), none"},
			&cli.StringFlag{Name: "record", Usage: "record to this `FILE`, for otwatch report and compare"},
			&cli.StringFlag{Name: "pprof", Usage: "write the CPU samples to this `FILE` at the end, for go tool pprof, with the labels class and stage"},
			&cli.BoolFlag{Name: "force", Usage: "replace the files of --record and --pprof if they exist"},
			failOnFlag(),
		),
		group("Metrics",
			&cli.StringFlag{Name: "endpoint", Aliases: []string{"e"}, Usage: "send OTLP metrics to this `URL`, such as localhost:4317, https://otel.example.com:4318 or http://prometheus:9090/api/v1/otlp"},
			&cli.StringFlag{Name: "protocol", Usage: "`PROTOCOL` of OTLP: grpc, http/protobuf", DefaultText: "http/protobuf for port 4318 and URLs with a path, else OTEL_EXPORTER_OTLP_PROTOCOL, else grpc"},
			&cli.StringFlag{Name: "metrics", Value: metricsAll, Usage: "`WHICH` metrics to send and serve: all, essential (at most 20 series per process, for large fleets)"},
			&cli.StringSliceFlag{Name: "resource", Usage: "add the attribute `NAME=VALUE` to the Resource of all processes, such as deployment.environment.name=production; may be repeated"},
			&cli.StringSliceFlag{Name: "drop-attribute", Usage: "send and serve the Resource of all processes without the attribute `NAME`, such as process.executable.path; may be repeated"},
			&cli.StringFlag{Name: "listen", Usage: "serve a live page, /metrics for Prometheus and the report as JSON on this `ADDRESS`: :9464 for this machine only, 0.0.0.0:9464 for all"},
			&cli.StringFlag{Name: "web.config.file", Usage: "`FILE` with TLS and passwords for --listen, in the format of Prometheus's exporter-toolkit"},
		),
		group("Limits",
			&cli.StringFlag{Name: "budget", Value: "1%", Usage: "CPU time that watching may add to a process, as a share `P%` of the process's own CPU time (at least 0.1% of a core); 100% means no limit"},
			&cli.StringFlag{Name: "host-budget", Usage: "CPU time that watching may add to all processes together, as a share `P%` of the machine's CPU time; 100% means no limit", DefaultText: "same as --budget"},
			&cli.StringSliceFlag{Name: "limit", Usage: "raise a finding above this limit, `NAME=VALUE`, such as cpu=5%, p99=1s, drops=1%, queue=80% or rss=2GB; may be repeated", DefaultText: "cpu=5%, p99=1s, drops=1%, queue=80%"},
			overheadFlag(),
			&cli.StringSliceFlag{Name: "ignore", Usage: "do not raise the finding with this `ID`, such as hot-path; may be repeated"},
			&cli.BoolFlag{Name: "no-uprobes", Usage: "place no probes; only figures from CPU sampling and /proc remain"},
		),
		group("Configuration",
			&cli.StringFlag{Name: configFlag, Usage: "take options that are not given here, or in variables such as OTWATCH_BUDGET, from this `FILE`; see otwatch config"},
		),
	)
}

// parseAttach takes the options, and the entries of targets in the configuration file.
func parseAttach(c *cli.Context, targets []config.Entry) (attachConfig, error) {
	config := attachConfig{
		selection: agent.Selection{
			All: c.Bool("all"), Excludes: c.StringSlice("exclude"),
			Selector: agent.Selector{Names: c.StringSlice("name"), Cgroups: c.StringSlice("cgroup"), Pods: c.StringSlice("pod"), Namespaces: c.StringSlice("namespace")},
		},
		duration: c.Duration("duration"), interval: c.Duration("interval"), stretch: !c.IsSet("interval"),
		output: c.String("output"), endpoint: c.String("endpoint"), protocol: c.String("protocol"),
		resource: c.StringSlice("resource"), dropped: c.StringSlice("drop-attribute"), metrics: c.String("metrics"), listen: c.String("listen"), webConfig: c.String("web.config.file"),
		unprobed: c.Bool("no-uprobes"),
		pprof:    c.String("pprof"), record: c.String("record"), force: c.Bool("force"), failOn: c.String("fail-on"),
		runtime: c.String("runtime-endpoint"),
	}
	var err error
	if config.budget, err = parseBudget("budget", c.String("budget")); err != nil {
		return attachConfig{}, usageError(err)
	}
	if config.hostBudget, err = parseBudget("host-budget", cmp.Or(c.String("host-budget"), c.String("budget"))); err != nil {
		return attachConfig{}, usageError(err)
	}
	if config.limits, err = report.ParseLimits(c.StringSlice("limit")); err != nil {
		return attachConfig{}, usageError(fmt.Errorf("--%w", err))
	}
	target, err := targetOverhead(c)
	if err != nil {
		return attachConfig{}, err
	}
	if config.limits, err = config.limits.WithTarget(target); err != nil {
		return attachConfig{}, usageError(fmt.Errorf("--target-overhead %w", err))
	}
	config.limits.Ignored = c.StringSlice("ignore")
	for _, entry := range targets {
		target, err := parseTarget(entry.Values)
		if err != nil {
			return attachConfig{}, err
		}
		config.targets = append(config.targets, target)
		config.selection.Targets = append(config.selection.Targets, target.Selector)
	}
	if config.selection.PIDs, err = parsePIDs(c.StringSlice("pid")); err != nil {
		return attachConfig{}, usageError(err)
	}
	if c.IsSet("duration") && config.duration <= 0 {
		return attachConfig{}, usageError(fmt.Errorf("--duration %v: must be above 0, for example 30s", config.duration))
	}
	return config, config.check()
}

// errUnselective is the error of options that select no process.
var errUnselective = errors.New("no process selected; use --pid, --name, --cgroup, --pod, --namespace or --all (otwatch list shows the processes)")

// selects returns an error if no process could be watched.
func (c attachConfig) selects() error {
	if len(c.selection.PIDs) == 0 && !c.selection.Follows() {
		return usageError(errUnselective)
	}
	return nil
}

// check rejects wrong values of options, and options that do not go together.
func (c attachConfig) check() error {
	switch _, formatErr := c.format(); {
	case len(c.selection.Excludes) > 0 && !c.selection.Follows() && len(c.selection.PIDs) > 0:
		return usageError(errors.New("--exclude needs --all, --name, --cgroup, --pod or --namespace"))
	case formatErr != nil:
		return formatErr
	case checkIgnored(c.limits.Ignored) != nil:
		return checkIgnored(c.limits.Ignored)
	case c.selection.Check() != nil:
		return usageError(c.selection.Check())
	case c.metrics != metricsAll && c.metrics != metricsEssential:
		return usageError(fmt.Errorf("--metrics %q: must be %s or %s", c.metrics, metricsAll, metricsEssential))
	case c.webConfig != "" && c.listen == "":
		return usageError(errors.New("--web.config.file needs --listen"))
	case !slices.Contains([]string{"", string(export.GRPC), string(export.HTTP)}, c.protocol):
		return usageError(fmt.Errorf("--protocol %q: must be %s or %s", c.protocol, export.GRPC, export.HTTP))
	case c.interval < 100*time.Millisecond:
		return usageError(fmt.Errorf("--interval %v: must be 100ms or more", c.interval))
	case checkSeverity(c.failOn) != nil:
		return checkSeverity(c.failOn)
	case !slices.Contains(outputs, c.output):
		return usageError(fmt.Errorf("--output %q: must be one of %s", c.output, strings.Join(outputs, ", ")))
	}
	return nil
}

// parseBudget reads a share such as 1% or 0.5 %, above 0 and up to 100.
func parseBudget(flag, s string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent {
		return 0, fmt.Errorf("--%s %q: must be a percentage, such as 1%%", flag, s)
	}
	if !(value > 0 && value <= 100) {
		return 0, fmt.Errorf("--%s %q: must be above 0%% and at most 100%%", flag, s)
	}
	return value / 100, nil
}

func parsePIDs(args []string) ([]int, error) {
	var pids []int
	for _, arg := range args {
		pid, err := strconv.Atoi(arg)
		if err != nil || pid <= 0 {
			return nil, fmt.Errorf("--pid %q: must be a process id", arg)
		}
		if !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// takeTurns lets otwatch's goroutines run one at a time, unless the user has set
// GOMAXPROCS. They have little to do, and half of otwatch's CPU time went into waking
// threads that found nothing left to do.
func takeTurns() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// attach watches until ctx, the duration or the last process ends. again reads the
// configuration again; nil if there is no file.
func attach(ctx context.Context, config attachConfig, again func() (attachConfig, error), stdin, stdout *os.File, stderr io.Writer) error {
	hangups := newHangups(again != nil)
	ctx, stop := untilSignal(ctx, hangups.take)
	defer stop()
	return observe(ctx, config, stdin, stdout, stderr, func(ctx context.Context, w *watch, log *slog.Logger) {
		go hangups.each(ctx, func() { w.reload(ctx, again, log) })
	})
}

// observe watches until ctx, the duration or the last process ends. It calls ready when
// processes can be watched, if that is not known to fail.
func observe(ctx context.Context, config attachConfig, stdin, stdout *os.File, stderr io.Writer, ready func(context.Context, *watch, *slog.Logger)) (err error) {
	takeTurns()
	said := newMessages(stderr)
	defer said.close()
	log := newLogger(said, config.level())
	standard.SetOutput(io.Discard) // package http writes there what otwatch says in its own words
	figures := newMonitor(config)
	format, err := config.format()
	if err != nil {
		return err
	}
	out := &outbound{figures: figures, log: log}
	if err := out.open(ctx, config, format); err != nil {
		return err
	}
	defer out.close(ctx)
	if err := haveCapabilities(); err != nil {
		return err
	}
	server, err := newServer(config, log)
	if err != nil {
		return err
	}
	if server != nil {
		defer func() {
			if closeErr := server.Close(); closeErr != nil {
				log.Warn("the web server stopped", "err", closeErr)
			}
		}()
	}
	w, err := beginWatch(ctx, config.duration, func() (*watch, error) { return startWatch(ctx, config, out, log) })
	if err != nil {
		return err
	}
	if config.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, config.duration)
		defer cancel()
	}
	defer endInTime(ctx, said)()
	defer func() { err = errors.Join(err, w.Close()) }()
	if server != nil {
		server.Ready(pagesOf(config, out, figures, w.fleet))
	}
	shown := newOutput(config, figures, w.fleet, said, log, stdin, w.outputTo(stdout))
	defer w.suspendable(shown)()
	ready(ctx, w, log)
	err = w.run(ctx, figures, shown, log)
	if err = errors.Join(err, w.writeProfile(figures)); err != nil {
		return err
	}
	return failOn(config.failOn, figures.Totals())
}

// haveCapabilities returns an error if otwatch lacks capabilities that it needs everywhere.
func haveCapabilities() error {
	if missing, err := host.MissingCapabilities(); err == nil && len(missing) > 0 {
		return hostError(fmt.Errorf("missing %s; use sudo, or see otwatch doctor", strings.Join(missing, ", ")))
	}
	return nil
}

// metrics that are sent and served.
const (
	metricsAll       = "all"
	metricsEssential = "essential"
)

// level is that of the messages which are logged.
func (c attachConfig) level() slog.Level {
	if c.run {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// sends reports whether metrics are to be sent. With run, OTEL_EXPORTER_OTLP_ENDPOINT is where
// the command sends to.
func (c attachConfig) sends() bool {
	return c.endpoint != "" || !c.run && export.Configured("")
}

// format is what metrics say.
func (c attachConfig) format() (export.Format, error) {
	added, err := export.ParseResource(c.resource)
	if err != nil {
		return export.Format{}, usageError(fmt.Errorf("--resource %w", err))
	}
	dropped, err := export.ParseDropped(c.dropped, added)
	if err != nil {
		return export.Format{}, usageError(fmt.Errorf("--drop-attribute %w", err))
	}
	return export.Format{Version: version(), Resource: added, Dropped: dropped, Essential: c.metrics == metricsEssential}, nil
}

// newMonitor has what the outputs need.
func newMonitor(config attachConfig) *monitor.Monitor {
	return &monitor.Monitor{Limits: config.limits, Keep: history.Keep{Stacks: config.pprof != "", Timeline: config.listen != ""}, Charted: maxCharted}
}
