package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/testschema"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// hostDocument is the JSON of several targets.
type hostDocument struct {
	Schema  string
	Host    struct{ CPUs, Targets int }
	Targets []report.Report
}

func decodeHost(t *testing.T, text string) hostDocument {
	t.Helper()
	testschema.Open(t).Check(t, []byte(text))
	var d hostDocument
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if d.Schema != report.Schema || d.Targets == nil || d.Host.CPUs == 0 || d.Host.Targets != len(d.Targets) {
		t.Errorf("schema %q, host %+v, %d targets", d.Schema, d.Host, len(d.Targets))
	}
	return d
}

// await waits until the command writes a text to stderr.
func (c *command) await(says string) {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(c.stderr.String(), says); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("otwatch does not say %q: %s", says, c.stderr)
		}
	}
}

// TestAllWaits has otwatch wait for a process, and say so. Then it watches one that
// starts, and none that is excluded.
func TestAllWaits(t *testing.T) {
	testtarget.NeedRoot(t)
	name := filepath.Base(testtarget.Executable(t))
	c := start(t, "attach", "--all", "--name", name, "--exclude", "otwatch-restless*", "--output", "json")
	c.await("waiting for one")
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "100", "-spans", "23")
	c.await("msg=attached")
	program.Begin()
	program.AwaitLoad()
	want := program.Shutdown()
	program.Exit()
	c.await("the process has ended")
	if code := c.interrupt(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	d := decodeHost(t, c.stdout.String())
	if len(d.Targets) != 1 || d.Targets[0].Target.PID != program.PID() {
		t.Fatalf("targets are %+v, want pid %d", d.Targets, program.PID())
	}
	if got := d.Targets[0].Spans.Ended; got == nil || int64(got.Value) != want["otel.sdk.span.started"] {
		t.Errorf("ended %+v, want %d", got, want["otel.sdk.span.started"])
	}
}

// TestAllOfNothing expects a document without targets.
func TestAllOfNothing(t *testing.T) {
	testtarget.NeedRoot(t)
	c := start(t, "attach", "--all", "--name", "no-such-*", "--output", "json", "--duration", "1s")
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	if d := decodeHost(t, c.stdout.String()); len(d.Targets) != 0 {
		t.Errorf("targets are %+v, want none", d.Targets)
	}
	if strings.Count(c.stderr.String(), "waiting for one") != 1 || strings.Contains(c.stderr.String(), "WARN") {
		t.Errorf("stderr is %s, want one line that it waits", c.stderr)
	}
}

// TestListTellsWhyNot expects processes that can be watched and, with the reason, those
// that cannot, as lines and as JSON.
func TestListTellsWhyNot(t *testing.T) {
	testtarget.NeedRoot(t)
	sleep := startSleep(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	verbose := start(t, "list", "--verbose")
	if code := verbose.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, verbose.stderr)
	}
	line := func(pid string) string {
		for l := range strings.Lines(verbose.stdout.String()) {
			if fields := strings.Fields(l); len(fields) > 0 && fields[0] == pid {
				return l
			}
		}
		return ""
	}
	if !strings.Contains(line(sleep), "is not a Go program") || strings.Contains(line(program.PIDString()), "is not") {
		t.Errorf("list --verbose:\n%s", verbose.stdout)
	}
	for _, test := range []struct {
		args []string
		all  bool
	}{{[]string{"list", "--output", "json"}, false}, {[]string{"list", "--verbose", "--output", "json"}, true}} {
		c := start(t, test.args...)
		if code := c.wait(); code != exitDone {
			t.Fatalf("exit code %d: %s", code, c.stderr)
		}
		found, refused := decodeList(t, c.stdout.String(), program.PID())
		if !found || refused != test.all {
			t.Errorf("%v: found %v, others %v:\n%s", test.args, found, refused, c.stdout)
		}
	}
}

// decodeList reports whether a list has a process that can be watched, and whether it
// has others that cannot.
func decodeList(t *testing.T, text string, pid int) (found, refused bool) {
	t.Helper()
	var list struct {
		Schema    string
		Processes []struct {
			PID         int
			ServiceName string `json:"service_name"`
			Why         *string
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || list.Schema != "otwatch.list/v1" {
		t.Fatalf("schema %q: %v:\n%s", list.Schema, err, text)
	}
	for _, p := range list.Processes {
		refused = refused || p.Why != nil
		found = found || p.PID == pid && p.Why == nil && p.ServiceName == "reference"
	}
	return found, refused
}
