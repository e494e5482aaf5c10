package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/otwatch/otwatch/bench/internal/harness"
	"github.com/otwatch/otwatch/internal/page"
)

type config struct {
	duration time.Duration
	keep     string
}

func main() {
	var cfg config
	flag.DurationVar(&cfg.duration, "duration", 45*time.Second, "of a run; each case takes two")
	flag.StringVar(&cfg.keep, "keep", "", "directory to keep the recordings in")
	harness.Main("cases", func(ctx context.Context, s *harness.Setup) error { return measure(ctx, s, cfg) })
}

func measure(ctx context.Context, s *harness.Setup, cfg config) error {
	for _, c := range illnesses {
		if !s.Wants(c.subject.Name) {
			continue
		}
		t, err := treat(ctx, s.Bench, c, cfg)
		if s.Failed(c.subject.Name, err) {
			continue
		}
		text := t.markdown(fmt.Sprintf("%s %s, two runs of %v.", s.Measured, s.Machine, cfg.duration))
		fmt.Println(text)
		if s.Page != "" {
			if err := page.Replace(s.Page, c.section, text); err != nil {
				return err
			}
		}
		s.Failed(c.subject.Name, t.verdict())
	}
	return nil
}
