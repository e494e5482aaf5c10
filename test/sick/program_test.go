package sick

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/replay"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// programs are the executables that a live row takes.
type programs struct{ otwatch, patient string }

func build(t *testing.T) programs {
	t.Helper()
	dir := t.TempDir()
	command := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/otwatch", "./testdata/targets/patient")
	command.Dir = "../.."
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return programs{filepath.Join(dir, "otwatch"), filepath.Join(dir, "patient")}
}

// watch runs a row's program under otwatch and records what it sees to path. The
// report that otwatch gives must be the one that the recording gives. It reports whether the
// machine starved the program.
func (p programs) watch(t *testing.T, r row, d drawn, path string) (starved bool) {
	t.Helper()
	pid := p.start(t, d)
	if d.Probed != "" {
		testtarget.Uprobe(t, pid, d.Probed)
	}
	watched := testtarget.WatchCPU(t, pid)
	args := []string{"attach", "--pid", strconv.Itoa(pid), "--duration", r.watch.String(), "--output", "json", "--force", "--record", path}
	if r.interval > 0 {
		args = append(args, "--interval", r.interval.String())
	}
	otwatch := exec.CommandContext(t.Context(), p.otwatch, args...)
	var live, said bytes.Buffer
	otwatch.Stdout, otwatch.Stderr = &live, &said
	if err := otwatch.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", otwatch, err, &said)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the program did not survive: %v", err)
	}
	if replayed := jsonReport(t, path); replayed != live.String() {
		t.Errorf("the recording gives another report than otwatch gave live:\n%s\nlive:\n%s", replayed, &live)
	}
	return watched()
}

// start starts the program before its receiver. It ends with the test.
func (p programs) start(t *testing.T, d drawn) (pid int) {
	t.Helper()
	var own testtarget.Cgroup
	if d.Quota > 0 {
		own = testtarget.NewCgroup(t, d.Quota)
	}
	args := append(strings.Fields(d.Args), "-endpoint", d.Receiver.listen(t))
	program := exec.Command(p.patient, args...)
	program.Env = append(os.Environ(), d.Env...)
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	program.Stderr = os.Stderr
	stdout, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	})
	if own != "" {
		own.Join(t, program.Process.Pid)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program printed %q, want ready: %v", line, err)
	}
	return program.Process.Pid
}

// jsonReport is the JSON report that a recording gives.
func jsonReport(t *testing.T, path string) string {
	t.Helper()
	recorded, err := replay.File(path, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := export.JSON(&b, export.Document(recorded.Targets, recorded.CPUs)); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(&b)
}
