package subject

import (
	"context"
	"errors"
	"fmt"
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
	if err := p.next(); err != nil {
		return nil, err
	}
	if printed := p.lines.Text(); printed != "loaded" {
		return nil, fmt.Errorf("%s printed %q, want loaded", path, printed)
	}
	if err := p.account(&totals); err != nil {
		return nil, err
	}
	return totals, errors.Join(p.end(false), finish())
}
