package hostile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/report"
)

const (
	// parserLimit is the memory, in MiB, of what reads executables or recordings, by
	// the cgroup.
	parserLimit = 256
	// watching is the resident memory, in MiB, of an otwatch that watches a few.
	watching = 100
)

// all are the arguments that watch everything of the test's, for so long.
func all(duration string, more ...string) []string {
	return append([]string{"attach", "--name", "{ours}", "--duration", duration, "--output", "json"}, more...)
}

// both are those that watch the first hostile program and the neighbour.
func both(duration string, more ...string) []string {
	return append([]string{"attach", "--pid", "{evil}", "--pid", "{neighbour}", "--duration", duration, "--output", "json"}, more...)
}

// executable is a program that does nothing.
func executable(name string, make func(*testing.T, string) error) []program {
	return []program{{name: "elf-" + strings.ReplaceAll(name, " ", "-"), make: make, mute: true}}
}

// beside is the executable beside which the neighbour is watched by name.
func beside(name string, make func(*testing.T, string) error) row {
	return row{
		name: name + " beside a neighbour", hostile: executable(name, make),
		neighbour: true, args: all("5s"), memory: watching, within: 20 * time.Second,
	}
}

// listed is the executable in list --verbose.
func listed(name string, make func(*testing.T, string) error) row {
	return row{
		name: name + " in list", hostile: executable(name, make),
		args: []string{"list", "--verbose"}, says: "{dir}", limit: parserLimit, within: 20 * time.Second,
	}
}

// refused is the executable asked for by pid.
func refused(name string, make func(*testing.T, string) error, code int, says string) row {
	return row{
		name: name + " by pid", hostile: executable(name, make),
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json"},
		code: code, says: says, limit: parserLimit, within: 20 * time.Second,
	}
}

// reported is a recording that report and compare read.
func reported(name string, code int, says string, more ...string) row {
	return row{
		name: "recording of " + name + strings.Join(more, " "), prepare: record(name), args: append(append([]string{"report"}, more...), "{dir}/"+recordingName),
		code: code, says: says, limit: parserLimit, within: 10 * time.Second,
	}
}

// damaged is in the line that refuses a recording: it names the file.
const damaged = "{dir}/" + recordingName + ": "

var rows = []row{
	{
		name:    "exec of another build",
		hostile: []program{{name: "build-a", make: twoBuilds, args: []string{"-lie", "upgrade", "-to", "{dir}/{prefix}build-a-moved"}}},
		args:    all("20s"), memory: watching, within: 35 * time.Second,
	},

	listed("200 million sections", manySections),
	beside("200 million sections", manySections),
	refused("200 million sections", manySections, 3, "pid {evil}"),
	listed("a segment of 8 TB", hugeSegment),
	beside("a segment of 8 TB", hugeSegment),
	refused("a segment of 8 TB", hugeSegment, 3, "too large to examine"),
	listed("a symbol table of 8 TB", hugeSection),
	refused("1 GB of debug information", bigDebug, anyCode, ""),
	refused("a type 4 million pointers deep", deepDebug, anyCode, ""),
	{
		name: "names of 60,000 letters", hostile: []program{{name: "long", make: longNames}}, neighbour: true,
		args: all("8s"), memory: watching, within: 25 * time.Second,
	},
	{
		name: "stacks that are never the same", hostile: []program{{args: []string{"-lie", "stacks"}}}, neighbour: true,
		args: all("10s", "--budget", "100%"), memory: watching, within: 25 * time.Second,
	},

	{
		name: "code that cannot be read", hostile: []program{{fuse: true, args: []string{"-lie", "code", "-rate", "0"}}}, neighbour: true,
		args: all("6s"), memory: watching, within: 20 * time.Second,
	},
	{
		name: "eight whose code cannot be read", hostile: []program{{fuse: true, args: []string{"-lie", "code", "-rate", "0"}, many: 8}}, neighbour: true,
		args: all("10s"), memory: watching, within: 25 * time.Second,
	},
	{
		name: "code that cannot be read, interrupted", hostile: []program{{fuse: true, args: []string{"-lie", "code", "-rate", "0"}}},
		args: []string{"attach", "--pid", "{evil}", "--output", "json"}, code: anyCode, within: 15 * time.Second,
		during: func(s *scene) {
			time.Sleep(2 * time.Second)
			s.interrupt(5 * time.Second)
		},
	},
	{
		name: "a queue that cannot be read", hostile: []program{{fuse: true, args: []string{"-lie", "queue", "-after", "5s"}}}, neighbour: true,
		args: all("10s"), memory: watching, within: 25 * time.Second,
	},
	{
		name: "drops by the million", hostile: []program{{args: []string{"-lie", "drops"}}}, neighbour: true,
		args:   []string{"attach", "--pid", "{evil}", "--pid", "{neighbour}", "--output", "jsonl", "--interval", "1s"},
		memory: watching, within: 30 * time.Second, during: staysOnTime(8 * time.Second),
	},
	{
		name: "batches of one span", hostile: []program{{args: []string{"-batch", "1", "-queue", "4096", "-rate", "50000"}}}, neighbour: true,
		args:   []string{"attach", "--pid", "{evil}", "--pid", "{neighbour}", "--output", "jsonl", "--interval", "1s"},
		memory: watching, within: 30 * time.Second, during: staysOnTime(8 * time.Second),
	},
	{
		name: "queue lengths that add up to nothing", hostile: []program{{args: []string{"-lie", "lengths", "-after", "3s"}}}, neighbour: true,
		args: both("7s"), memory: watching, within: 20 * time.Second,
	},
	{
		name: "types that are none", hostile: []program{{args: []string{"-lie", "types", "-rate", "5000"}}}, neighbour: true,
		args: both("6s"), memory: watching, within: 20 * time.Second,
	},
	{
		name: "64 processors", hostile: []program{{args: []string{"-lie", "many"}}}, neighbour: true,
		args: both("6s"), memory: watching, within: 20 * time.Second,
	},
	{
		name: "a provider for every span", hostile: []program{{args: []string{"-lie", "providers"}}}, neighbour: true,
		args: both("6s"), memory: watching, within: 20 * time.Second,
	},
	{
		name: "60 MB of Resource", hostile: []program{{args: []string{"-lie", "resource"}}}, neighbour: true,
		args: both("8s", "--record", "{dir}/all.rec", "--endpoint", "http://{collector}"), env: []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"},
		memory: 150, within: 25 * time.Second, then: recordedNeighbour,
	},

	{
		name: "names without end", hostile: []program{{args: []string{"-lie", "names"}}}, neighbour: true,
		args: both("8s"), memory: watching, within: 25 * time.Second,
	},

	{
		name: "emoji in span names", hostile: []program{{args: []string{"-rate", "200", "-span", "1\ufe0f\u20e3 first step of the checkout of the customer"}}},
		args:   []string{"attach", "--pid", "{evil}", "--duration", "13s"},
		memory: watching, within: 25 * time.Second, terminal: true, env: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}, then: showsName,
	},
	{
		name: "span names that are no text", hostile: []program{{args: []string{"-rate", "200", "-span", "first\xff\xfe\x1b]0;x\a\x1b[2J\u202e\u0301\U0001F468\u200D\U0001F469\u200D\U0001F467 step"}}},
		args:   []string{"attach", "--pid", "{evil}", "--duration", "13s", "--output", "json"},
		memory: watching, within: 25 * time.Second,
	},
	{
		name: "invalid UTF-8", hostile: []program{
			{name: "bad\xff", args: []string{"-rate", "50"}},
			{name: "environment", args: []string{"-rate", "50"}, env: []string{"OTEL_RESOURCE_ATTRIBUTES=a=%ff%fe,team=x"}},
		},
		neighbour: true, args: all("7s", "--endpoint", "http://{collector}"), env: []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"},
		memory: watching, within: 25 * time.Second, then: metricsOfAll,
	},
	{
		name: "an outage beside invalid UTF-8", hostile: []program{{args: []string{"-rate", "0"}, env: []string{"OTEL_RESOURCE_ATTRIBUTES=a=%ff%fe"}}}, neighbour: true,
		args:   all("8s", "--endpoint", "http://{collector}"),
		env:    []string{"OTEL_METRIC_EXPORT_INTERVAL=1000", "OTEL_EXPORTER_OTLP_TIMEOUT=1000"},
		memory: watching, within: 25 * time.Second, says: "connection refused",
		during: func(s *scene) { s.collector.server.Stop() },
	},
	{
		name: "a Resource that poses as another", hostile: []program{{args: []string{"-rate", "50"},
			env: []string{"OTEL_RESOURCE_ATTRIBUTES=host.name=elsewhere,process.pid=1,service.instance.id=another,container.id=cafe"}}},
		args:   []string{"attach", "--pid", "{evil}", "--duration", "6s", "--output", "json", "--endpoint", "http://{collector}"},
		env:    []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"},
		memory: watching, within: 20 * time.Second, then: posesAsNobody,
	},
	{
		name: "commands for a terminal in list", hostile: []program{{name: "commands", make: commandsInVersions}},
		args: []string{"list"}, says: "{evil}", within: 20 * time.Second,
	},
	{
		name: "commands for a terminal in attach", hostile: []program{{name: "\x1b]0;x\a\x1b[2Jname", make: commandsInVersions, env: []string{"OTEL_SERVICE_NAME=\x1b[31mred\xff"}}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "3s", "--output", "text"}, code: anyCode, memory: watching, within: 20 * time.Second,
	},

	reported("frames", 1, damaged),
	reported("stacks", 1, damaged),
	reported("names", 1, damaged),
	reported("exports", 1, damaged),
	reported("processors", 1, damaged),
	reported("nesting", 1, damaged),
	reported("key", 1, damaged),
	reported("frames", 1, damaged, "--partial"),
	reported("targets", anyCode, ""),
	reported("drops", 0, ""),
	reported("drops", 0, "", "--output", "html"),
	reported("drops", 0, "", "--checklist"),
	reported("lengths", 0, ""),
	reported("attributes", anyCode, ""),
	reported("attributes", anyCode, "", "--output", "html"),
	reported("numbers", 0, "", "--output", "json"),
	reported("numbers", 0, "", "--output", "html"),

	{
		name: "a recording to a pipe", prepare: fifo, harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "3s", "--output", "json", "--record", "{dir}/fifo"},
		code: 2, says: "{dir}/fifo", within: 10 * time.Second, then: onlyFIFO,
	},
	{
		name: "a profile to a pipe", prepare: fifo, harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "3s", "--output", "json", "--pprof", "{dir}/fifo"},
		code: anyCode, says: "{dir}/fifo", within: 15 * time.Second, then: onlyFIFO,
	},
	{
		name: "a profile to a device", harmless: true, hostile: []program{{}}, devices: true,
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--pprof", "{dir}/null"},
		code: anyCode, says: "null is a device", within: 15 * time.Second,
	},
	{
		name: "a recording to a device", harmless: true, hostile: []program{{}}, devices: true,
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--record", "{dir}/null"},
		code: anyCode, says: "null is a device", within: 15 * time.Second,
	},
	{
		name: "a recording to another's symlink", prepare: symlink, harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--record", "{dir}/open/link"},
		code: 2, says: "{dir}/open/link", within: 15 * time.Second, then: linkedUntouched,
	},
	{
		name: "a profile to another's symlink", prepare: symlink, harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--pprof", "{dir}/open/link"},
		code: anyCode, within: 15 * time.Second, then: linkedUntouched,
	},
	{
		name: "a recording to a file that is there", prepare: symlink, harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--record", "{dir}/precious"},
		code: 2, says: "--force", within: 15 * time.Second, then: linkedUntouched,
	},
	{
		name: "a recording is root's alone", harmless: true, hostile: []program{{}},
		args:   []string{"attach", "--pid", "{evil}", "--duration", "2s", "--output", "json", "--record", "{dir}/all.rec", "--pprof", "{dir}/cpu.pb.gz"},
		within: 15 * time.Second, then: private,
	},

	{
		name: "stdout that nobody reads", timed: true, hostile: []program{{args: []string{"-sync", "-rate", "20", "-later", "20000", "-after", "8s"}}}, harmless: true,
		args:   []string{"attach", "--pid", "{evil}", "--output", "jsonl", "--interval", "100ms"},
		stdout: unread, code: anyCode, memory: watching, within: 40 * time.Second, during: costsLittleWhileBlocked,
	},
	{
		name: "a full disk under stdout", harmless: true, hostile: []program{{args: []string{"-rate", "50"}}}, stdout: full,
		args:   []string{"attach", "--pid", "{evil}", "--duration", "8s", "--output", "jsonl", "--endpoint", "http://{collector}"},
		env:    []string{"OTEL_METRIC_EXPORT_INTERVAL=1000"},
		memory: watching, within: 20 * time.Second, code: anyCode, says: "no space left", then: metricsToTheEnd,
	},
	{
		name: "two signals within a moment", harmless: true, hostile: []program{{}},
		args: []string{"attach", "--pid", "{evil}", "--output", "json"}, memory: watching, within: 15 * time.Second,
		during: func(s *scene) { s.twice() }, then: twiceAgain,
	},
	{
		name: "few descriptors", harmless: true, hostile: []program{{many: 15}}, files: 50,
		args: all("6s"), memory: watching, within: 25 * time.Second, then: someReports,
	},
	{
		name: "an agent that is stopped", timed: true, hostile: []program{{args: []string{"-rate", "-1"}}}, harmless: true,
		args: []string{"attach", "--pid", "{evil}", "--output", "none"}, code: anyCode, within: 90 * time.Second,
		during: costsLittleWhile(syscall.SIGSTOP),
	},
	{
		name: "an agent that is suspended", timed: true, hostile: []program{{args: []string{"-rate", "-1"}}}, harmless: true,
		args: []string{"attach", "--pid", "{evil}", "--output", "none"}, within: 90 * time.Second,
		during: costsLittleWhile(syscall.SIGTSTP),
	},
}

// interrupt is Ctrl-C, after which otwatch must end soon.
func (s *scene) interrupt(within time.Duration) {
	s.signal(os.Interrupt)
	if !s.wait(within) {
		s.Errorf("otwatch has not ended %v after SIGINT", within)
		s.signal(os.Kill)
	}
}

// lateness is how much later than the interval of a second a report may come.
const lateness = 1500 * time.Millisecond

// staysOnTime wants the neighbour's reports in time, for so long, and then the end in
// time.
func staysOnTime(duration time.Duration) func(*scene) {
	return func(s *scene) {
		s.wait(duration)
		s.interrupt(5 * time.Second)
		times := s.reportTimes(s.neighbour.PID())
		for i := range times[:max(0, len(times)-1)] {
			if gap := times[i+1].Sub(times[i]); gap > time.Second+lateness {
				s.Errorf("no report of the neighbour for %v", gap)
			}
		}
		if len(times) < 5 {
			s.Errorf("%d reports of the neighbour in %v", len(times), duration)
		}
	}
}

// reportTimes are the times at which lines of JSON about a process came.
func (s *scene) reportTimes(pid int) []time.Time {
	s.watch.stdout.mu.Lock()
	defer s.watch.stdout.mu.Unlock()
	var times []time.Time
	at := 0
	for line := range strings.Lines(s.watch.stdout.text.String()) {
		at += len(line)
		var r report.Report
		if json.Unmarshal([]byte(line), &r) != nil || r.Target.PID != pid {
			continue
		}
		for _, w := range s.watch.stdout.times {
			if w.end >= at {
				times = append(times, w.at)
				break
			}
		}
	}
	return times
}

// recordedNeighbour wants the neighbour's figures in the recording too.
func recordedNeighbour(s *scene) {
	w := s.otwatchReads("report", "--output", "json", s.inDir("all.rec"))
	r, err := w.report(s.neighbour.PID())
	if err != nil {
		s.Errorf("the recording: %v; stderr: %s", err, w.stderr.String())
		return
	}
	claims(s.T, "ended, as recorded,", r.Spans.Ended, s.seen["otel.sdk.span.started"])
}

// showsName wants the span's name on the screen.
func showsName(s *scene) {
	if !strings.Contains(s.screen.String(), "first step of the") {
		s.Errorf("the screen does not show the span's name: %q", short(s.screen.String()))
	}
}

// metricsOfAll wants metrics of every program.
func metricsOfAll(s *scene) {
	pids := []string{s.neighbour.PIDString()}
	for _, p := range s.evil {
		pids = append(pids, fmt.Sprint(p.pid()))
	}
	for _, pid := range pids {
		if n := len(s.collector.of("process.pid", pid)); n < 3 {
			s.Errorf("%d exports of the metrics of pid %s in 7 s", n, pid)
		}
	}
}

// posesAsNobody wants a Resource with what the kernel knows.
func posesAsNobody(s *scene) {
	found := s.collector.of("process.pid", fmt.Sprint(s.evil[0].pid()))
	if len(found) == 0 {
		s.Error("no metrics came under the process's pid")
		return
	}
	host, err := os.Hostname()
	if err != nil {
		s.Fatal(err)
	}
	r := found[len(found)-1]
	if r["host.name"] != host || r["service.instance.id"] == "another" || r["container.id"] == "cafe" {
		s.Errorf("host.name %q, want %q; service.instance.id %q, container.id %q: the target chose them", r["host.name"], host, r["service.instance.id"], r["container.id"])
	}
}

// metricsToTheEnd wants metrics as long as otwatch watched.
func metricsToTheEnd(s *scene) {
	if s.took < 7*time.Second {
		s.Errorf("otwatch ended after %v of 8 s", s.took)
	}
	if last := s.collector.since().Sub(s.began); last < 6*time.Second {
		s.Errorf("the last metrics came after %v", last)
	}
}

func fifo(_ *testing.T, dir string) error { return unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666) }

func onlyFIFO(s *scene) {
	if info, err := os.Lstat(s.inDir("fifo")); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		s.Errorf("the pipe was replaced: %v, %v", info, err)
	}
}

// precious is what a file has that must stay.
const precious = "precious"

// symlink makes a file, and in a directory that everybody may write to, as /tmp, a
// symlink of nobody's to it.
func symlink(_ *testing.T, dir string) error {
	open := filepath.Join(dir, "open")
	return errors.Join(
		os.WriteFile(filepath.Join(dir, precious), []byte(precious), 0o644),
		os.Mkdir(open, 0o755), os.Chmod(open, 0o777|os.ModeSticky),
		os.Symlink(filepath.Join(dir, precious), filepath.Join(open, "link")),
		os.Lchown(filepath.Join(open, "link"), nobody, nobody),
	)
}

func linkedUntouched(s *scene) {
	if text, err := os.ReadFile(s.inDir(precious)); err != nil || string(text) != precious {
		s.Errorf("the file has become %q, %v", short(string(text)), err)
	}
}

// private wants files that nobody else can read.
func private(s *scene) {
	for _, name := range []string{"all.rec", "cpu.pb.gz"} {
		info, err := os.Stat(s.inDir(name))
		if err != nil {
			s.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			s.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

// unread is a pipe that holds a page and is never read.
func unread(t *testing.T) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	return w
}

// full is a disk that is full.
func full(t *testing.T) *os.File {
	file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("KERNEL TEST NOT RUN: %v", err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// dearer is how many times as dear a span may be as unwatched, where nobody looks after
// the probes. Forgotten ones make it four times and more.
const dearer = 2

// costsLittleWhileBlocked compares what a span costs, once the load has risen, while
// otwatch cannot write, and after it has ended.
func costsLittleWhileBlocked(s *scene) {
	time.Sleep(time.Until(s.began.Add(12 * time.Second)))
	blocked := s.evil[0].costs(5 * time.Second)
	s.interrupt(8 * time.Second)
	alone := s.evil[0].costs(3 * time.Second)
	s.Logf("a span costs %v unwatched, %v while stdout is blocked", alone, blocked)
	if blocked > dearer*alone {
		s.Errorf("a span costs %v while stdout is blocked, %v unwatched", blocked, alone)
	}
}

// costsLittleWhile stops otwatch by a signal, at a moment at which probes are on the
// path of every span.
func costsLittleWhile(stop syscall.Signal) func(*scene) {
	return func(s *scene) {
		if !s.await(20*time.Second, "msg=attached") {
			s.Error("otwatch does not attach")
			return
		}
		fewest := s.probes()
		for deadline := time.Now().Add(30 * time.Second); s.probes() <= fewest; time.Sleep(5 * time.Millisecond) {
			fewest = min(fewest, s.probes())
			if time.Now().After(deadline) {
				s.Error("no probes were placed on the path of spans")
				break
			}
		}
		s.signal(stop)
		time.Sleep(4 * time.Second)
		stopped, left := s.evil[0].costs(5*time.Second), s.probes()
		if state := s.state(); state != "T" {
			s.Errorf("otwatch is in state %s, not stopped", state)
		}
		s.signal(syscall.SIGCONT)
		time.Sleep(500 * time.Millisecond)
		s.interrupt(8 * time.Second)
		alone := s.evil[0].costs(3 * time.Second)
		s.Logf("a span costs %v unwatched, %v while otwatch is stopped; then %d probes stand, at the fewest %d", alone, stopped, left, fewest)
		if stopped > dearer*alone {
			s.Errorf("a span costs %v while otwatch is stopped, %v unwatched", stopped, alone)
		}
	}
}

// state is otwatch's, as in /proc/PID/stat.
func (s *scene) state() string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.watch.cmd.Process.Pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return after[:min(1, len(after))]
}

// probes is how many places the links have that otwatch's processes hold.
func (s *scene) probes() int {
	places := map[string]int{}
	for _, pid := range s.processes() {
		infos, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
		for _, path := range infos {
			info, _ := os.ReadFile(path)
			if id := field(string(info), "link_id"); id != "" {
				var n int
				_, _ = fmt.Sscan(orElse(field(string(info), "uprobe_cnt"), "1"), &n)
				places[id] = n
			}
		}
	}
	sum := 0
	for _, n := range places {
		sum += n
	}
	return sum
}

// field is a line's of fdinfo.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// twice ends otwatch as timeout(1) does, which sends its signal to the process, and then
// to the group.
func (s *scene) twice() {
	if !s.await(20*time.Second, "msg=attached") {
		s.Error("otwatch does not attach")
		return
	}
	s.signal(syscall.SIGTERM, syscall.SIGTERM)
}

// twiceAgain does it some times more: it is a matter of moments.
func twiceAgain(s *scene) {
	for i := range 8 {
		if _, err := s.watch.report(s.evil[0].pid()); err != nil {
			s.Errorf("run %d: %v", i+1, err)
		}
		s.startWatch()
		s.twice()
		if !s.wait(10 * time.Second) {
			s.Error("otwatch has not ended")
			return
		}
	}
}

// someReports wants figures of those for whom there were descriptors.
func someReports(s *scene) {
	reports, err := s.watch.reports()
	if err != nil {
		s.Error(err)
	}
	if len(reports) == 0 {
		s.Error("there is no report of any of the 15")
	}
	if !hasLine(s.stderr.String(), "too many open files") && !hasLine(s.watch.stdout.String(), "too many open files") {
		s.Error("nothing says that there were too few descriptors")
	}
}
