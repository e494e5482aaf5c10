package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/report"
)

// treatment is a case before and after its cure.
type treatment struct {
	illness       illness
	before, after subject.Use
	report        report.Report // before
	cure          cure
	changed       compare.Comparison
	text          string // of otwatch compare
}

// treat runs the program sick, takes the cure from otwatch's report, runs it
// cured, and compares the two recordings.
func treat(ctx context.Context, b *subject.Bench, c illness, cfg config) (t treatment, err error) {
	dir := cfg.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "otwatch-case-"); err != nil {
			return t, err
		}
		defer os.RemoveAll(dir)
	}
	before, after := filepath.Join(dir, c.section+"-before.rec"), filepath.Join(dir, c.section+"-after.rec")
	t.illness = c
	if t.before, err = b.Run(ctx, c.subject, cfg.duration, b.Watch(&t.report, append(c.watch, "--force", "--record", before)...)); err != nil {
		return t, err
	}
	for _, id := range c.findings {
		if _, found := find(t.report, id); !found {
			return t, fmt.Errorf("otwatch did not find %s; it found %v", id, ids(t.report))
		}
	}
	t.cure = prescribe(t.report, c)
	cured := c.subject
	cured.Args = append(append([]string{}, cured.Args...), t.cure.args...)
	cured.Env = append(append([]string{}, cured.Env...), t.cure.env...)
	var report report.Report
	if t.after, err = b.Run(ctx, cured, cfg.duration, b.Watch(&report, append(c.watch, "--force", "--record", after)...)); err != nil {
		return t, err
	}
	return t, t.compare(ctx, b, before, after)
}

func ids(r report.Report) (found []string) {
	for _, f := range r.Findings {
		found = append(found, f.ID)
	}
	return found
}

// compare runs otwatch compare on the two recordings.
func (t *treatment) compare(ctx context.Context, b *subject.Bench, before, after string) error {
	path, err := b.Executable(subject.Otwatch)
	if err != nil {
		return err
	}
	text, err := exec.CommandContext(ctx, path, "compare", before, after).Output()
	if err != nil {
		return fmt.Errorf("otwatch compare: %w", err)
	}
	t.text = string(text)
	out, err := exec.CommandContext(ctx, path, "compare", "--output", "json", before, after).Output()
	if err != nil {
		return fmt.Errorf("otwatch compare --output json: %w", err)
	}
	var document compare.Document
	if err := json.Unmarshal(out, &document); err != nil {
		return fmt.Errorf("read otwatch's comparison: %w", err)
	}
	if len(document.Targets) != 1 {
		return fmt.Errorf("otwatch compared %d targets: %v", len(document.Targets), document.Warnings)
	}
	t.changed = document.Targets[0]
	return nil
}
