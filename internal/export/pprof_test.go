package export

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/snapshot"
)

func profiled(pid int, hz float64) snapshot.Snapshot {
	work := &snapshot.Frame{Function: "main.work", File: "/src/main.go", Line: 12}
	return snapshot.Snapshot{
		Target: snapshot.Target{PID: pid, Exe: "/usr/bin/checkout", ServiceName: "checkout"},
		Start:  time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Elapsed: 10 * time.Second,
		Samples: snapshot.Samples{Hz: hz, Stacks: []snapshot.Stack{
			snapshot.NewStack(30, &snapshot.Frame{Function: "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", File: "/sdk/tracer.go", Line: 40}, work),
			snapshot.NewStack(70, work),
			snapshot.NewStack(1, &snapshot.Frame{}),
		}},
	}
}

func TestProfileOfSeveralTargets(t *testing.T) {
	p := Profile([]snapshot.Snapshot{profiled(1, 100), profiled(2, 50), {}})
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	cpu := map[string]int64{}
	for _, s := range p.Sample {
		for _, label := range []string{"pid", "class", "stage", "service"} {
			cpu[label+"="+strings.Join(s.Label[label], ",")] += s.Value[1]
		}
	}
	for label, want := range map[string]int64{
		"pid=1": 101e7, "pid=2": 202e7, "class=tracing": 90e7, "stage=create": 90e7, "class=application": 210e7,
		"class=unclassified": 3e7, "service=checkout": 303e7,
	} {
		if cpu[label] != want {
			t.Errorf("%s has %d ns, want %d", label, cpu[label], want)
		}
	}
	if len(p.Mapping) != 2 || len(p.Location) != 6 || len(p.Function) != 3 {
		t.Errorf("%d mappings, %d locations, %d functions", len(p.Mapping), len(p.Location), len(p.Function))
	}
}

// The tool that people read profiles with understands the file.
func TestGoToolPprofReadsTheProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pb.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Profile([]snapshot.Snapshot{profiled(1, 100)}).Write(file), file.Close()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"-top", "-tagfocus=class=tracing"}, "sdk/trace.(*tracer).Start"},
		{[]string{"-tags"}, "create"},
		{[]string{"-top", "-lines"}, "/src/main.go:12"},
	} {
		output, err := exec.Command("go", append(append([]string{"tool", "pprof"}, test.arguments...), path)...).CombinedOutput()
		if err != nil || !strings.Contains(string(output), test.want) {
			t.Errorf("%s: %v, want %s in\n%s", test.arguments, err, test.want, output)
		}
	}
}
