package field

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// refusal is otwatch's exit code for a process in which there is nothing to observe.
const refusal = 3

// seen is what otwatch said of a program, and what is true of it.
type seen struct {
	report  report.Report
	truth   truth
	refused string // in place of a report
}

// try watches a row's program, whose load begins when otwatch has attached.
func (r row) try(t *testing.T) seen {
	t.Helper()
	receiver := r.receiver.listen(t)
	running := r.start(t, receiver.address)
	args := []string{"attach", "--pid", strconv.Itoa(running.pid), "--duration", r.watch.String(), "--output", "json"}
	if *keep != "" {
		args = append(args, "--force", "--record", filepath.Join(*keep, strings.ReplaceAll(r.name, " ", "-")+".rec"))
	}
	command := exec.CommandContext(t.Context(), otwatch(t), args...)
	var document bytes.Buffer
	command.Stdout = &document
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	starved := testtarget.WatchCPU(t, running.pid)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	log := follow(stderr, running.begin)
	err = command.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == refusal {
		return seen{refused: log}
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, log)
	}
	var s seen
	if err := json.Unmarshal(document.Bytes(), &s.report); err != nil {
		t.Fatal(err)
	}
	time.Sleep(edge) // what was under way has arrived
	s.truth = truth{from: s.report.Window.Start, readings: running.readings(), arrivals: receiver.got(), starved: starved()}
	s.truth.to = s.truth.from.Add(time.Duration(s.report.Window.Seconds * float64(time.Second)))
	if r.untraced {
		running.stop()
		s.truth.untraced = r.runUntraced(t)
	}
	return s
}

// runUntraced runs the program without tracing, and without otwatch.
func (r row) runUntraced(t *testing.T) []reading {
	t.Helper()
	r.args += " -untraced"
	running := r.start(t, "")
	running.begin()
	time.Sleep(r.watch / 3)
	return running.readings()
}

// follow returns all that otwatch says, and calls begin soon after it has attached.
func follow(stderr io.Reader, begin func()) string {
	var log strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), "msg=attached") {
			time.AfterFunc(2*edge, begin)
		}
		fmt.Fprintln(&log, lines.Text())
	}
	return log.String()
}
