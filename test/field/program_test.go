package field

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// builds are the executables, by what they are built of, in a directory that is removed
// when the tests end.
var builds struct {
	sync.Mutex
	directory string
	paths     map[program]string
}

// executable builds a program at the first call.
func (p program) executable(t *testing.T) string {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	if path, ok := builds.paths[p]; ok {
		return path
	}
	path := filepath.Join(builds.directory, p.name+p.modules)
	p.build(t, path, ".")
	if p.plugin != "" {
		p.build(t, path+".so", "-buildmode=plugin", "./"+p.plugin)
	}
	builds.paths[p] = path
	return path
}

func (p program) build(t *testing.T, path string, what ...string) {
	t.Helper()
	args := []string{"build", "-o", path}
	if p.modules != "" {
		args = append(args, "-modfile="+p.modules+".mod")
	}
	command := exec.Command("go", append(args, what...)...)
	command.Dir = filepath.Join("programs", p.name)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s in %s: %v\n%s", command, command.Dir, err, out)
	}
}

// otwatch is the path of otwatch, built at the first call.
func otwatch(t *testing.T) string {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	path := filepath.Join(builds.directory, "otwatch")
	if _, ok := builds.paths[program{}]; !ok {
		if err := testtarget.Build(path, "./cmd/otwatch"); err != nil {
			t.Fatal(err)
		}
		builds.paths[program{}] = path
	}
	return path
}

// running is a program that waits for its load to begin, or has begun.
type running struct {
	pid      int
	stdin    io.Writer
	readings func() []reading
	stop     func()
}

// start starts a row's program, which ends with the test, and its children with it.
func (r row) start(t *testing.T, receiver string) running {
	t.Helper()
	var own testtarget.Cgroup
	if r.quota > 0 {
		own = testtarget.NewCgroup(t, r.quota)
	}
	path := r.program.executable(t)
	args := append([]string{"-endpoint", receiver}, strings.Fields(r.args)...)
	if r.program.plugin != "" {
		args = append(args, "-plugin", path+".so")
	}
	command := exec.Command(path, args...)
	command.Env = append(os.Environ(), strings.Fields(r.env)...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait()
		if complaints.Len() > 0 {
			t.Logf("%s said: %.2000s", r.program.name, &complaints)
		}
	})
	t.Cleanup(stop)
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program printed %q, want ready: %v", line, err)
	}
	if own != "" {
		own.Join(t, command.Process.Pid)
	}
	return running{command.Process.Pid, stdin, gather(lines), stop}
}

// begin lets the load begin.
func (r running) begin() { fmt.Fprintln(r.stdin) }

// gather reads counters, and returns what has been read so far.
func gather(lines io.Reader) func() []reading {
	var mu sync.Mutex
	var all []reading
	go func() {
		for decoder := json.NewDecoder(lines); ; {
			var next reading
			if decoder.Decode(&next) != nil {
				return
			}
			mu.Lock()
			all = append(all, next)
			mu.Unlock()
		}
	}()
	return func() []reading {
		mu.Lock()
		defer mu.Unlock()
		return all[:len(all):len(all)]
	}
}
