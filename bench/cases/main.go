package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/otwatch/otwatch/bench/internal/page"
	"github.com/otwatch/otwatch/bench/internal/subject"
)

type config struct {
	duration time.Duration
	row      string
	page     string
	keep     string
}

func main() {
	var cfg config
	flag.DurationVar(&cfg.duration, "duration", 45*time.Second, "of a run; each case takes two")
	flag.StringVar(&cfg.row, "row", "", "only cases whose name matches this regular expression")
	flag.StringVar(&cfg.page, "page", "", "page to write the cases into, as docs/cases.md")
	flag.StringVar(&cfg.keep, "keep", "", "directory to keep the recordings in")
	flag.Parse()
	if err := run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(1)
	}
}

// run runs the cases asked for. One that fails does not keep the others away:
// the error comes at the end.
func run(ctx context.Context, cfg config) error {
	machine, err := page.Machine()
	if err != nil {
		return err
	}
	b, err := subject.New(".")
	if err != nil {
		return err
	}
	defer b.Close()
	var errs []error
	for _, c := range illnesses {
		chosen, err := subject.Matching([]subject.Subject{c.subject}, cfg.row)
		if err != nil {
			return err
		}
		if len(chosen) == 0 {
			continue
		}
		t, err := treat(ctx, b, c, cfg)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		text := t.markdown(fmt.Sprintf("%s %s, two runs of %v.", page.Measured(time.Now()), machine, cfg.duration))
		fmt.Println(text)
		if cfg.page != "" {
			errs = append(errs, page.Replace(cfg.page, c.section, text))
		}
		errs = append(errs, t.verdict())
	}
	return errors.Join(errs...)
}
