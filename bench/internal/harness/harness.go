package harness

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/page"
)

// Setup is with what a command measures, and where its results go.
type Setup struct {
	*subject.Bench
	Machine  string // in a line
	Measured string // when, and from which revision of the source
	Page     string // that the results go into; "": they are printed only

	rows     *regexp.Regexp
	failures int
	log      io.Writer
}

// Main is the main function of the command called name: it parses the flags, those
// that the caller has defined too, and lets measure run the rows. The exit code is
// 1 if it fails, or a row has.
func Main(name string, measure func(context.Context, *Setup) error) {
	row := flag.String("row", "", "only rows whose name matches this regular expression")
	path := flag.String("page", "", "page of docs to write the rows into")
	flag.Parse()
	if err := run(context.Background(), *row, *path, measure); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, row, path string, measure func(context.Context, *Setup) error) error {
	rows, err := regexp.Compile(row)
	if err != nil {
		return fmt.Errorf("-row: %w", err)
	}
	machine, err := page.Machine()
	if err != nil {
		return err
	}
	bench, err := subject.New(".")
	if err != nil {
		return err
	}
	defer bench.Close()
	s := &Setup{Bench: bench, Machine: machine, Measured: page.Measured(time.Now()), Page: path, rows: rows, log: os.Stderr}
	if err := measure(ctx, s); err != nil {
		return err
	}
	if s.failures > 0 {
		return fmt.Errorf("%d rows failed", s.failures)
	}
	return nil
}

// Wants reports whether a row is asked for.
func (s *Setup) Wants(row string) bool { return s.rows.MatchString(row) }

// Failed reports whether a row has failed, and says so at once; the others may go
// on.
func (s *Setup) Failed(row string, err error) bool {
	if err == nil {
		return false
	}
	s.failures++
	fmt.Fprintf(s.log, "%s: %v\n", row, err)
	return true
}

// Table is a table of the page, in a section of it.
func (s *Setup) Table(section string, header ...string) *page.Table {
	return &page.Table{Path: s.Page, Section: section, Machine: s.Machine, Header: header, Out: os.Stdout}
}
