package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// hardLimit is the memory of an otwatch that attaches, by the cgroup: what the kernel
// holds for it counts too, such as maps. A row's own limit is of what is resident.
const hardLimit = 512 << 20

// how says how an otwatch runs.
type how struct {
	memory  int64 // bytes, by the cgroup
	files   int
	env     []string
	devices string // directory with devices, for amongDevices; empty: none
	stdin   *os.File
	stdout  *os.File // nil: kept
}

// watch is a running otwatch.
type watch struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr output
	began          time.Time
	ended          chan struct{} // closed when it has ended
	took           time.Duration
	peak           int64 // resident bytes at most, of all its processes together
}

// output is what a process has written, with the time of each write.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	times []written
}

type written struct {
	at  time.Time
	end int // offset
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	o.times = append(o.times, written{time.Now(), o.text.Len()})
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs otwatch.
func start(t *testing.T, h how, args ...string) *watch {
	t.Helper()
	args = append([]string{otwatch}, args...)
	if h.devices != "" {
		args = append([]string{os.Args[0]}, args...)
		h.env = append(h.env, devicesVariable+"="+h.devices)
	}
	args = newLimit(t, h.memory).wrap(h.files, args...)
	w := &watch{t: t, cmd: exec.Command(args[0], args[1:]...), began: time.Now(), ended: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), h.env...)
	w.cmd.Stdin, w.cmd.Stdout, w.cmd.Stderr = h.stdin, &w.stdout, &w.stderr
	if h.stdout != nil {
		w.cmd.Stdout = h.stdout
	}
	w.cmd.WaitDelay = 5 * time.Second
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if h.stdin != nil {
		w.cmd.SysProcAttr.Setsid, w.cmd.SysProcAttr.Setctty = true, true
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = w.cmd.Wait() // how it ended is in its state
		w.took = time.Since(w.began)
		close(w.ended)
	}()
	measured := make(chan struct{})
	go func() {
		defer close(measured)
		w.measure()
	}()
	t.Cleanup(func() {
		for _, pid := range w.processes() {
			_ = syscall.Kill(pid, syscall.SIGKILL) // a stopped one too
		}
		<-measured
	})
	return w
}

// measure keeps the peak until otwatch has ended.
func (w *watch) measure() {
	peaks := map[int]int64{}
	for {
		sum := int64(0)
		for _, pid := range w.processes() {
			peaks[pid] = max(peaks[pid], status(pid, "VmHWM")<<10)
		}
		for _, peak := range peaks {
			sum += peak
		}
		w.peak = max(w.peak, sum)
		select {
		case <-w.ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// processes are otwatch and what it has started.
func (w *watch) processes() []int { return testtarget.Family(w.cmd.Process.Pid) }

// status is a number of a process's status, such as
//
//	VmHWM:	   12345 kB
//
// and 0 where there is none.
func status(pid int, name string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return n
		}
	}
	return 0
}

// await waits for a line on stderr that has all of the texts. It reports false if
// otwatch ends before.
func (w *watch) await(patience time.Duration, texts ...string) bool {
	w.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if hasLine(w.stderr.String(), texts...) {
			return true
		}
		select {
		case <-w.ended:
			return false
		default:
		}
	}
	return false
}

// hasLine reports whether a line of the text has all of the texts.
func hasLine(text string, texts ...string) bool {
	for line := range strings.Lines(text) {
		all := true
		for _, part := range texts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return true
		}
	}
	return false
}

// wait returns whether otwatch ended within a time.
func (w *watch) wait(within time.Duration) bool {
	select {
	case <-w.ended:
		return true
	case <-time.After(within):
		return false
	}
}

func (w *watch) signal(signals ...os.Signal) {
	for _, s := range signals {
		_ = w.cmd.Process.Signal(s) // it may have ended
	}
}

// code is the exit code; -1 of one that was killed.
func (w *watch) code() int { return w.cmd.ProcessState.ExitCode() }

// reports are those in the JSON on stdout, of one target or of several.
func (w *watch) reports() ([]report.Report, error) {
	var document struct {
		report.Report
		Targets []report.Report `json:"targets"`
	}
	if err := json.Unmarshal([]byte(w.stdout.String()), &document); err != nil {
		return nil, fmt.Errorf("stdout is not the JSON of a report: %w: %s", err, short(w.stdout.String()))
	}
	if document.Targets == nil {
		return []report.Report{document.Report}, nil
	}
	return document.Targets, nil
}

// report is that of a process.
func (w *watch) report(pid int) (report.Report, error) {
	all, err := w.reports()
	if err != nil {
		return report.Report{}, err
	}
	for _, r := range all {
		if r.Target.PID == pid {
			return r, nil
		}
	}
	return report.Report{}, fmt.Errorf("there is no report of pid %d among %d", pid, len(all))
}

// short is the beginning and the end of a long text.
func short(text string) string {
	const kept = 500
	if len(text) <= 2*kept {
		return text
	}
	return text[:kept] + fmt.Sprintf("\n… %d bytes …\n", len(text)-2*kept) + text[len(text)-kept:]
}
