package hostile

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// nobody runs hostile programs.
const nobody = 65534

// program is a hostile program to run.
type program struct {
	name   string                                // after the prefix; empty: evil
	make   func(t *testing.T, path string) error // makes the executable; nil: testdata/targets/hostile
	args   []string                              // as a row's
	env    []string                              //
	fuse   bool                                  // it mounts a file system of its own
	mute   bool                                  // it does not say that it is ready
	humble bool                                  // it has the lowest priority
	many   int                                   // run so many; 0: one
}

// process is a running program.
type process struct {
	cmd   *exec.Cmd
	ready chan struct{} // closed when it has said so
	ended chan struct{}

	mu    sync.Mutex
	spans uint64        // made so far
	used  time.Duration // CPU time
}

// run starts a program as nobody, in a directory of its own.
func (p program) run(t *testing.T, dir, prefix string, replace *strings.Replacer) *process {
	t.Helper()
	path := filepath.Join(dir, prefix+orElse(p.name, "evil"))
	if err := p.executable(t, path); err != nil {
		t.Fatal(err)
	}
	args := make([]string, len(p.args))
	for i, a := range p.args {
		args[i] = replace.Replace(a)
	}
	r := &process{cmd: exec.Command(path, args...), ready: make(chan struct{}), ended: make(chan struct{})}
	r.cmd.Env = append(os.Environ(), p.env...)
	r.cmd.Stderr = os.Stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if p.fuse {
		r.mounts(t, dir)
	}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var read sync.WaitGroup
	read.Go(func() { r.read(bufio.NewScanner(stdout)) })
	go func() {
		read.Wait()
		_ = r.cmd.Wait() // how it ended is in its state
		close(r.ended)
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.ended
	})
	if !p.mute {
		r.awaitReady(t)
	}
	if p.humble {
		r.stepBack()
	}
	return r
}

// stepBack leaves the processor to others, where they want it.
func (r *process) stepBack() {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", r.pid()))
	for _, path := range threads {
		if thread, err := strconv.Atoi(filepath.Base(path)); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, 19) // it may have ended
		}
	}
}

// executable puts the program at a path.
func (p program) executable(t *testing.T, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil // of many, the first has
	}
	if p.make != nil {
		return p.make(t, path)
	}
	return os.Link(filepath.Join(builds, "hostile"), path)
}

// mounts gives the process a user and a mount namespace, in which it may mount, as
// every user may make them, and FUSE's device, which is everybody's on most hosts.
func (r *process) mounts(t *testing.T, dir string) {
	t.Helper()
	device, mountpoint := filepath.Join(dir, "fuse"), filepath.Join(dir, "silent")
	if err := unix.Mknod(device, unix.S_IFCHR|0o666, int(unix.Mkdev(10, 229))); err != nil && !os.IsExist(err) {
		t.Skipf("KERNEL TEST NOT RUN: make FUSE's device: %v", err)
	}
	if err := os.Chmod(device, 0o666); err != nil {
		t.Fatal(err)
	}
	opened, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		t.Skipf("KERNEL TEST NOT RUN: the kernel has no FUSE: %v", err)
	}
	opened.Close()
	if err := os.Mkdir(mountpoint, 0o755); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	r.cmd.Args = append(r.cmd.Args, "-fuse", mountpoint, "-device", device)
	own := []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
	r.cmd.SysProcAttr.Credential = &syscall.Credential{NoSetGroups: true}
	r.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
	r.cmd.SysProcAttr.UidMappings, r.cmd.SysProcAttr.GidMappings = own, own
}

// read takes in lines such as
//
//	ready
//	4711 93000
//
// of which the last are spans made and microseconds of CPU time.
func (r *process) read(lines *bufio.Scanner) {
	var once sync.Once
	for lines.Scan() {
		if lines.Text() == "ready" {
			once.Do(func() { close(r.ready) })
			continue
		}
		made, used, _ := strings.Cut(lines.Text(), " ")
		spans, _ := strconv.ParseUint(made, 10, 64)
		us, _ := strconv.ParseInt(used, 10, 64)
		r.mu.Lock()
		r.spans, r.used = spans, time.Duration(us)*time.Microsecond
		r.mu.Unlock()
	}
}

func (r *process) awaitReady(t *testing.T) {
	t.Helper()
	select {
	case <-r.ready:
	case <-r.ended:
		t.Fatalf("%s ended before it was ready: %v", r.cmd, r.cmd.ProcessState)
	case <-time.After(time.Minute):
		t.Fatalf("%s is not ready in time", r.cmd)
	}
}

func (r *process) pid() int { return r.cmd.Process.Pid }

// alive reports whether it has not ended.
func (r *process) alive() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// costs is the CPU time that a span costs the program, over a time.
func (r *process) costs(over time.Duration) time.Duration {
	spans, used := r.totals()
	time.Sleep(over)
	after, usedAfter := r.totals()
	return (usedAfter - used) / time.Duration(max(1, after-spans))
}

func (r *process) totals() (uint64, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spans, r.used
}

// neighbourRate is how many spans a second the neighbour makes, once otwatch watches it.
const neighbourRate = 500

// startNeighbour runs a copy of the reference program, which makes spans for a time.
func startNeighbour(t *testing.T, path string, load time.Duration) *testtarget.Target {
	t.Helper()
	if err := copyFile(path, testtarget.Executable(t)); err != nil {
		t.Fatal(err)
	}
	if load == 0 {
		load = 2 * time.Second
	}
	spans := int(load.Seconds()*neighbourRate) | 1 // no batch size divides it
	return testtarget.StartCommand(t, exec.Command(path, "-endpoint", testtarget.Receive(t, testtarget.Accept),
		"-rate", fmt.Sprint(neighbourRate), "-spans", fmt.Sprint(spans)))
}

// copyFile copies an executable.
func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
