package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// row is one case: what otwatch meets, and what has to be seen.
type row struct {
	name string
	// hostile are the programs that mean harm, and prepare what else does.
	hostile []program
	prepare func(t *testing.T, dir string) error
	// timed rows need the machine for themselves.
	timed bool
	// harmless programs are none of those that are watched all at once.
	harmless bool
	// neighbour has a healthy program run too. Its figures must be right. It makes spans
	// for as long as load says; 0: two seconds.
	neighbour bool
	load      time.Duration
	// args are otwatch's. {dir} is the test's directory, {evil} the pid of the first
	// hostile program, {neighbour} the neighbour's, {ours} all by their names, which {prefix}
	// begins, and {collector} an OTLP receiver's address.
	args     []string
	env      []string
	files    int  // limit of descriptors; 0: the usual one
	devices  bool // {dir} is a file system with device nodes: see amongDevices
	terminal bool // otwatch runs on one
	stdout   func(t *testing.T) *os.File

	// during acts while otwatch runs.
	during func(s *scene)

	memory int64         // MiB that otwatch may have at most, resident
	limit  int64         // MiB of the cgroup that it runs in; 0: hardLimit
	within time.Duration // in which it must end
	code   int           // it must end with; anyCode: no matter
	says   string        // a line of its output has
	dies   bool          // the hostile programs may end
	// then looks at what is left.
	then func(s *scene)
}

// anyCode stands for every exit code but that of a crash.
const anyCode = -2

// scene is a row that is being played.
type scene struct {
	*testing.T
	row
	dir       string
	prefix    string // of the names of all executables of the row's, and of no others
	replace   *strings.Replacer
	evil      []*process
	neighbour *testtarget.Target
	collector *collector
	screen    *screen
	*watch
	// seen is what the neighbour itself counted.
	seen testtarget.Totals
}

// TestCases plays each case by itself.
func TestCases(t *testing.T) {
	testtarget.NeedRoot(t)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if !r.timed {
				t.Parallel()
			}
			play(t, r)
		})
	}
}

// play runs a row and judges it.
func play(t *testing.T, r row) {
	s := setUp(t, r)
	s.startWatch()
	if r.neighbour {
		s.playNeighbour()
	}
	if r.during != nil {
		r.during(s)
	}
	if left := r.within - time.Since(s.began); !s.wait(left) {
		s.signal(syscall.SIGQUIT) // says where its goroutines are
		s.wait(2 * time.Second)
		s.Errorf("otwatch has not ended after %v; stderr:\n%s", r.within, s.stderr.String())
		s.kill()
		return
	}
	s.judge()
	if r.then != nil {
		r.then(s)
	}
}

// kill ends the hostile programs, for whom even a killed otwatch may be waiting.
func (s *scene) kill() {
	for _, p := range s.evil {
		_ = p.cmd.Process.Kill()
	}
}

// setUp starts everything but otwatch.
func setUp(t *testing.T, r row) *scene {
	t.Helper()
	dir, err := os.MkdirTemp(builds, "case")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{T: t, row: r, dir: dir, prefix: "hostile-" + filepath.Base(dir) + "-"}
	if r.prepare != nil {
		if err := r.prepare(t, dir); err != nil {
			t.Fatal(err)
		}
	}
	replacements := []string{"{dir}", dir, "{prefix}", s.prefix, "{ours}", s.prefix + "*"}
	if r.neighbour {
		s.neighbour = startNeighbour(t, filepath.Join(dir, s.prefix+"neighbour"), r.load)
		replacements = append(replacements, "{neighbour}", s.neighbour.PIDString())
	}
	if strings.Contains(strings.Join(r.args, " "), "{collector}") {
		s.collector = collect(t)
		replacements = append(replacements, "{collector}", s.collector.address)
	}
	s.replace = strings.NewReplacer(replacements...)
	for _, p := range r.hostile {
		for range max(1, p.many) {
			s.evil = append(s.evil, p.run(t, dir, s.prefix, s.replace))
		}
	}
	if len(s.evil) > 0 {
		s.replace = strings.NewReplacer(append(replacements, "{evil}", fmt.Sprint(s.evil[0].pid()))...)
	}
	return s
}

func (s *scene) startWatch() {
	h := how{memory: hardLimit, files: s.files, env: s.row.env}
	if s.limit > 0 {
		h.memory = s.limit << 20
	}
	if s.row.stdout != nil {
		h.stdout = s.row.stdout(s.T)
	}
	if s.terminal {
		s.screen = newScreen(s.T)
		h.stdin, h.stdout = s.screen.terminal, s.screen.terminal
	}
	if s.devices {
		h.devices = s.dir
	}
	args := make([]string, len(s.args))
	for i, a := range s.args {
		args[i] = s.replace.Replace(a)
	}
	s.watch = start(s.T, h, args...)
}

// playNeighbour lets the neighbour make its spans once it is watched.
func (s *scene) playNeighbour() {
	s.Helper()
	if !s.await(s.within, "msg=attached", "pid="+s.neighbour.PIDString()+" ") {
		s.Errorf("otwatch does not attach to the neighbour; stderr:\n%s", short(s.stderr.String()))
		return
	}
	s.neighbour.Begin()
	s.wait(s.load - 5*time.Second) // it prints nothing before
	s.neighbour.AwaitLoad()
	s.seen = s.neighbour.Shutdown()
}

// judge compares what is seen with what the row says.
func (s *scene) judge() {
	s.Helper()
	said := s.stderr.String() + s.watch.stdout.String()
	defer func() {
		s.Logf("took %.1f s, %d MiB resident, exit code %d", s.took.Seconds(), s.peak>>20, s.watch.code())
		if s.Failed() {
			s.Logf("stderr:\n%s", short(s.stderr.String()))
		}
	}()
	if s.devices && s.watch.code() == exitNoDevices {
		s.Skipf("KERNEL TEST NOT RUN: %s", s.stderr.String())
	}
	if code := s.watch.code(); code != s.row.code && (s.row.code != anyCode || code < 0) {
		s.Errorf("exit code %d, want %d (%v); stdout:\n%s", code, s.row.code, s.watch.cmd.ProcessState, short(s.watch.stdout.String()))
	}
	if s.memory > 0 && s.peak > s.memory<<20 {
		s.Errorf("%d MiB resident, want at most %d", s.peak>>20, s.memory)
	}
	if s.says != "" && !hasLine(said, s.replace.Replace(s.says)) {
		s.Errorf("no line has %q; stdout:\n%s", s.replace.Replace(s.says), short(s.watch.stdout.String()))
	}
	if hasLine(said, "goroutine ", "[running]") {
		s.Error("otwatch crashed")
	}
	if what := unclean(said); what != "" {
		s.Errorf("the output has %s", what)
	}
	s.judgePrograms()
}

// judgePrograms: who is watched lives, and the neighbour's figures are right.
func (s *scene) judgePrograms() {
	s.Helper()
	for _, p := range s.evil {
		if !s.dies && !p.alive() {
			s.Errorf("a watched program has died: %s, %v", p.cmd, p.cmd.ProcessState)
		}
	}
	if s.neighbour == nil || !slices.Contains(s.args, "json") {
		return
	}
	r, err := s.watch.report(s.neighbour.PID())
	if err != nil {
		s.Error(err)
		return
	}
	claims(s.T, "ended", r.Spans.Ended, s.seen["otel.sdk.span.started"])
	claims(s.T, "exported", r.Spans.Exported, s.seen["otel.sdk.exporter.span.exported"])
	for line := range strings.Lines(s.stderr.String()) {
		if strings.Contains(line, "pid="+s.neighbour.PIDString()+" ") {
			s.Logf("said of the neighbour: %s", line)
		}
	}
	for _, m := range r.Missing {
		if strings.HasPrefix(m.What, "spans.ended") || strings.HasPrefix(m.What, "spans.exported") {
			s.Logf("missing of the neighbour: %s, since %s", m.What, m.Why)
		}
	}
}

// claims checks a figure of the neighbour.
func claims(t *testing.T, what string, got *estimate.Estimate, want int64) {
	t.Helper()
	switch {
	case want == 0:
		t.Errorf("the neighbour counted no spans that were %s", what)
	case got == nil:
		t.Errorf("the neighbour's spans %s are not claimed, want %d", what, want)
	case got.Exact && int64(got.Value) != want, got.Low > float64(want), got.High < float64(want):
		t.Errorf("the neighbour's spans %s are %+v, want %d", what, *got, want)
	}
}

// unclean names what a terminal would take for a command, or text that is none.
func unclean(text string) string {
	if !utf8.ValidString(text) {
		return fmt.Sprintf("invalid UTF-8: %q", strings.ToValidUTF8(text, "�")[:min(200, len(text))])
	}
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return fmt.Sprintf("a control character: %q", text[max(0, i-40):min(len(text), i+40)])
		}
	}
	return ""
}

// inDir is a path in the scene's directory.
func (s *scene) inDir(name string) string { return filepath.Join(s.dir, name) }

// otwatchReads runs a command that reads a file.
func (s *scene) otwatchReads(args ...string) *watch {
	s.Helper()
	w := start(s.T, how{memory: parserLimit << 20}, args...)
	if !w.wait(30 * time.Second) {
		s.Errorf("otwatch %q has not ended", args)
	}
	return w
}
