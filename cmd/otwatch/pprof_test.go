package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestPprof watches a busy program and finds it, and tracing, in the profile.
func TestPprof(t *testing.T) {
	testtarget.NeedRoot(t)
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "50000", "-spans", "200000")
	path := filepath.Join(t.TempDir(), "cpu.pb.gz")
	c := attached(t, "--pid", program.PIDString(), "--duration", "4s", "--output", "none", "--pprof", path)
	program.Begin()
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := profile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	var tracing int64
	for _, s := range p.Sample {
		if s.HasLabel("class", "tracing") && s.HasLabel("pid", program.PIDString()) {
			tracing += s.Value[0]
		}
	}
	if tracing == 0 {
		t.Errorf("none of %d stacks is tracing's", len(p.Sample))
	}
}
