package subject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Blocking is the program that measures its own exports.
var Blocking = Program{Package: "./testdata/targets/blocking"}

// Exports runs Blocking under an observer's eyes, and returns its totals, by the program's
// names.
func (b *Bench) Exports(ctx context.Context, duration time.Duration, args []string, observe Observer) (totals map[string]float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, duration+grace)
	defer cancel()
	path, err := b.Executable(Blocking)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, path, append([]string{"-load", duration.String()}, args...), os.Environ())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.kill()
		}
	}()
	if _, err := p.ready(); err != nil {
		return nil, err
	}
	finish, err := observe(ctx, p.pid(), path)
	if err != nil {
		return nil, err
	}
	if err := p.next("loaded"); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(p.stdin, "\n"); err != nil || !p.lines.Scan() {
		return nil, fmt.Errorf("%s ended before it printed its totals: %w", path, errors.Join(err, p.lines.Err()))
	}
	if err := json.Unmarshal(p.lines.Bytes(), &totals); err != nil {
		return nil, fmt.Errorf("%s printed %q: %w", path, p.lines.Text(), err)
	}
	return totals, errors.Join(p.end(false), finish())
}

// next lets the program go on, and waits for what it prints then.
func (p *process) next(want string) error {
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		return fmt.Errorf("let %s go on: %w", p.name, err)
	}
	if !p.lines.Scan() || p.lines.Text() != want {
		return fmt.Errorf("%s printed %q, want %q", p.name, p.lines.Text(), want)
	}
	return nil
}
