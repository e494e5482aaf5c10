package target

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/testprogram"
)

func TestMain(m *testing.M) { testprogram.Main(m) }

const (
	patience = 10 * time.Second
	// tracerStart is in every program that can record a span.
	tracerStart = "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"
)

// start runs a program of this package until the test ends, or until stop, and
// returns when its main function runs.
func start(t *testing.T, path string, env ...string) (pid int, stop func()) {
	t.Helper()
	command := exec.Command(path)
	command.Env = append(os.Environ(), env...)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = w, w
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	stop = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		input.Close()
		r.Close()
	}
	t.Cleanup(stop)
	if line, err := bufio.NewReader(r).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s says %q: %v", path, line, err)
	}
	return command.Process.Pid, stop
}

func TestOpen(t *testing.T) {
	for _, v := range []testprogram.Variant{testprogram.Reference, testprogram.ReferenceStripped, testprogram.ReferencePIE, testprogram.ReferenceStaticPIE} {
		t.Run(v.Arguments, func(t *testing.T) {
			path := testprogram.Build(t, v)
			pid, stop := start(t, path, "OTEL_SERVICE_NAME=checkout")
			p, err := Open(pid)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if p.PID != pid || p.Exe != path || p.ServiceName != "checkout" || p.StartTicks == 0 ||
				(p.Bias != 0) != p.Binary.PIE {
				t.Errorf("got %+v", p)
			}
			compareCode(t, p)
			select {
			case <-p.Done():
				t.Error("done while the process runs")
			default:
			}
			stop()
			select {
			case <-p.Done():
			case <-time.After(patience):
				t.Error("not done after the process was killed")
			}
		})
	}
}

// compareCode compares a function in the executable with the process's memory.
func compareCode(t *testing.T, p *Process) {
	t.Helper()
	found, err := p.Binary.Functions(tracerStart)
	if err != nil {
		t.Fatal(err)
	}
	f := found[tracerStart][0]
	code, err := p.Binary.Code(f)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.PID))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	loaded := make([]byte, len(code))
	if _, err := memory.ReadAt(loaded, int64(f.Address+p.Bias)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(code, loaded) {
		t.Errorf("%s at %#x + %#x differs between file and memory", f.Name, f.Address, p.Bias)
	}
}

func TestOpenDeletedExecutable(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "deleted")
	content, err := os.ReadFile(testprogram.Build(t, testprogram.ReferenceStripped))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, content, 0o700); err != nil {
		t.Fatal(err)
	}
	pid, _ := start(t, copied)
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	p, err := Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Exe != copied || p.ServiceName != "deleted" {
		t.Errorf("got executable %s, service %s", p.Exe, p.ServiceName)
	}
	compareCode(t, p)
}

func TestOpenRefuses(t *testing.T) {
	pid, _ := start(t, testprogram.Build(t, testprogram.Reference))
	noSDK, _ := start(t, testprogram.Build(t, testprogram.Tiny))
	zombie := exec.Command("/bin/true")
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer zombie.Wait()
	awaitState(t, zombie.Process.Pid, "Z")
	sleep := exec.Command("/bin/sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { sleep.Process.Kill(); sleep.Wait() }()
	awaitProgram(t, sleep.Process.Pid, "sleep")
	exited := exec.Command("/bin/true")
	if err := exited.Run(); err != nil {
		t.Fatal(err)
	}
	thread := threadOf(t, pid)
	tests := []struct {
		name string
		pid  int
		kind error
		says string
	}{
		{"itself", os.Getpid(), ErrSelf, " is otwatch itself"},
		{"thread", thread, ErrThread, fmt.Sprintf("pid %d is a thread of process %d; use --pid %d", thread, pid, pid)},
		{"zombie", zombie.Process.Pid, ErrZombie, fmt.Sprintf("pid %d (zombie): ", zombie.Process.Pid)},
		{"not go", sleep.Process.Pid, gobinary.ErrNotGo, "sleep) is not a Go program"},
		{"exited", exited.Process.Pid, ErrNoProcess, fmt.Sprintf("pid %d: no such process", exited.Process.Pid)},
		{"no such process", 1 << 30, ErrNoProcess, "pid 1073741824: no such process"},
		{"negative", -1, ErrNoProcess, "pid -1: no such process"},
		{"no sdk", noSDK, gobinary.ErrNoSDK, fmt.Sprintf("pid %d (%s) is a Go program without OpenTelemetry", noSDK, testprogram.Build(t, testprogram.Tiny))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Open(test.pid)
			if err == nil {
				p.Close()
			}
			var e *Error
			if !errors.Is(err, test.kind) || !errors.As(err, &e) || e.PID != test.pid || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %s", err, test.says)
			}
		})
	}
}

func TestOpenKernelThread(t *testing.T) {
	proc, err := procfs.NewProc(2)
	if err != nil {
		t.Skip("SKIPPED: no kernel threads in this pid namespace")
	}
	if comm, err := proc.Comm(); err != nil || comm != "kthreadd" {
		t.Skip("SKIPPED: no kernel threads in this pid namespace")
	}
	if _, err := Open(2); !errors.Is(err, gobinary.ErrNotGo) || err.Error() != "pid 2 (kthreadd) is a kernel thread; it runs no program" {
		t.Errorf("got %v", err)
	}
}

func TestOpenPacked(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the packed program is one for amd64")
	}
	const amd64 = 62
	path := filepath.Join(t.TempDir(), "packed")
	if err := os.WriteFile(path, testprogram.Packed(amd64), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { command.Process.Kill(); command.Wait() }()
	if _, err := Open(command.Process.Pid); !errors.Is(err, gobinary.ErrPacked) || !strings.Contains(err.Error(), "("+path+") is packed (UPX)") {
		t.Errorf("got %v", err)
	}
}

func TestOpen386(t *testing.T) {
	command := exec.Command(testprogram.Build(t, testprogram.Tiny386))
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := command.Start(); err != nil {
		t.Skipf("SKIPPED: this kernel runs no 386 programs: %v", err)
	}
	defer func() { command.Process.Kill(); command.Wait() }()
	_, err = Open(command.Process.Pid)
	if !errors.Is(err, gobinary.ErrArch) || !strings.Contains(err.Error(), ") is a 386 binary; otwatch observes amd64 and arm64 programs") {
		t.Errorf("got %v", err)
	}
}

func threadOf(t *testing.T, pid int) int {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if tid, err := strconv.Atoi(task.Name()); err == nil && tid != pid {
			return tid
		}
	}
	t.Fatalf("process %d has no second thread", pid)
	return 0
}

func awaitState(t *testing.T, pid int, state string) {
	t.Helper()
	await(t, func() bool {
		proc, err := procfs.NewProc(pid)
		if err != nil {
			return false
		}
		stat, err := proc.Stat()
		return err == nil && stat.State == state
	})
}

func awaitProgram(t *testing.T, pid int, base string) {
	t.Helper()
	await(t, func() bool {
		exe, err := os.Readlink(exePath(pid))
		return err == nil && strings.HasSuffix(exe, base)
	})
}

func await(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited too long")
		}
	}
}

// A process may end at any moment of its examination.
func TestOpenWhileProcessEnds(t *testing.T) {
	path := testprogram.Build(t, testprogram.ReferenceStripped)
	for i := range 23 {
		pid, stop := start(t, path)
		ended := make(chan struct{})
		go func() {
			time.Sleep(time.Duration(i) * 200 * time.Microsecond)
			stop()
			close(ended)
		}()
		p, err := Open(pid)
		switch {
		case err == nil:
			<-p.Done()
			p.Close()
		case !errors.Is(err, ErrNoProcess) && !errors.Is(err, ErrZombie):
			t.Errorf("after %d × 200 µs: %v", i, err)
		}
		<-ended
	}
}

func TestExplain(t *testing.T) {
	denied := &fs.PathError{Op: "readlink", Path: "/proc/1/exe", Err: fs.ErrPermission}
	err := explain(denied, 1)
	var e *Error
	if !errors.Is(err, fs.ErrPermission) || errors.As(err, &e) || !strings.HasSuffix(err.Error(), "run as root or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH") {
		t.Errorf("got %v", err)
	}
	if err := explain(&fs.PathError{Op: "open", Path: "/proc/1/maps", Err: fs.ErrNotExist}, 1); !errors.Is(err, ErrNoProcess) {
		t.Errorf("got %v", err)
	}
	if err := explain(io.ErrUnexpectedEOF, 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func TestOpenCloseLeaksNothing(t *testing.T) {
	pid, _ := start(t, testprogram.Build(t, testprogram.ReferenceStripped))
	descriptors := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(open)
	}
	openClose := func() {
		p, err := Open(pid)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-p.Done():
			t.Error("Close says that the process has ended")
		default:
		}
	}
	openClose() // Go's poller opens descriptors of its own
	goroutines, open := runtime.NumGoroutine(), descriptors()
	for range 20 {
		openClose()
		if _, err := Open(os.Getppid()); err == nil {
			t.Fatal("the go command carries the SDK")
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, before %d", n, goroutines)
	}
	if n := descriptors(); n > open {
		t.Errorf("%d descriptors, before %d", n, open)
	}
}
