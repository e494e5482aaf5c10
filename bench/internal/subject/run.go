package subject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Observer watches a process from before its load until it has ended. It
// returns when it watches; finish is called after the process's end.
type Observer func(ctx context.Context, pid int, executable string) (finish func() error, err error)

// Nobody watches nothing.
func Nobody(context.Context, int, string) (func() error, error) {
	return func() error { return nil }, nil
}

// grace is what a run may take beyond its load.
const grace = 60 * time.Second

// Run runs the subject for the duration, traced, under the observer's eyes, and
// returns what it used under its load.
func (b *Bench) Run(ctx context.Context, s Subject, duration time.Duration, observe Observer) (Use, error) {
	return b.lead(ctx, s, duration, false, func(ctx context.Context, cast cast) (func() error, error) {
		return observe(ctx, cast.subject.pid(), cast.subject.name)
	})
}

// cast is the processes of a run: the subject; who makes the load, which is the subject or a
// client; and the subject's twin, which does not trace, of a program whose tracing cannot be
// turned off.
type cast struct{ subject, driver, twin *process }

// leader observes a subject and may lead it, or its client, while the load runs.
type leader func(context.Context, cast) (finish func() error, err error)

func (b *Bench) lead(ctx context.Context, s Subject, duration time.Duration, turns bool, lead leader) (Use, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*duration+grace)
	defer cancel()
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return Use{}, err
	}
	defer os.RemoveAll(dir)
	run := Run{Args: s.Args, Env: s.Env, Rate: s.Rate, Duration: duration, Dir: dir}
	run.GRPC, run.HTTP = b.otlp.endpoints()
	b.otlp.behave(s.Receiver)
	if !turns || !s.Program.Twins {
		return b.run(ctx, s.Program, run, nil, s.Program.Untraced, lead)
	}
	run.Untraced, run.Dir = true, filepath.Join(dir, "twin")
	if err := os.Mkdir(run.Dir, 0o755); err != nil {
		return Use{}, err
	}
	twin, address, err := b.stand(ctx, s.Program, run)
	if err != nil {
		return Use{}, err
	}
	defer twin.kill()
	run.Untraced, run.Dir = false, dir
	return b.run(ctx, s.Program, run, twin, address+s.Program.Path, lead)
}

// run runs a program, and its client, which requests another path, or of another address, while
// tracing is off.
func (b *Bench) run(ctx context.Context, p Program, run Run, twin *process, untraced string, lead leader) (use Use, err error) {
	subject, address, err := b.stand(ctx, p, run)
	if err != nil {
		return Use{}, err
	}
	ended := false
	defer func() {
		if !ended {
			subject.kill()
		}
	}()
	driver := subject
	if p.Request != "" {
		if twin == nil && untraced != "" {
			untraced = address + untraced
		}
		if driver, err = b.client(ctx, p, address+p.Path, untraced, run); err != nil {
			return Use{}, err
		}
		defer driver.kill()
	}
	finish, err := lead(ctx, cast{subject, driver, twin})
	if err != nil {
		return Use{}, err
	}
	use, err = measure(subject, driver)
	if err == nil {
		ended, err = true, subject.end(p.Foreign)
	}
	return use, errors.Join(err, finish())
}

// stand starts the program and waits until it takes requests.
func (b *Bench) stand(ctx context.Context, p Program, run Run) (*process, string, error) {
	path, err := b.Executable(p)
	if err != nil {
		return nil, "", err
	}
	for _, address := range []*string{&run.Address, &run.Peer} {
		if *address, err = FreeAddress(); err != nil {
			return nil, "", err
		}
	}
	args, env, err := p.Command(run)
	if err != nil {
		return nil, "", err
	}
	subject, err := start(ctx, path, args, env)
	if err != nil {
		return nil, "", err
	}
	address := run.Address
	if p.Foreign {
		err = listening(ctx, address)
	} else {
		address, err = subject.ready()
	}
	if err != nil {
		subject.kill()
		return nil, "", err
	}
	return subject, address, nil
}

// client starts the client for a server. The URLs lack the scheme.
func (b *Bench) client(ctx context.Context, p Program, url, untraced string, run Run) (*process, error) {
	path, err := b.Executable(client)
	if err != nil {
		return nil, err
	}
	if p.Request == "-http" {
		url = "http://" + url
	}
	args := []string{p.Request, url, "-rate", fmt.Sprint(run.Rate), "-duration", run.Duration.String(), "-body", p.Body}
	if untraced != "" {
		args = append(args, "-untraced", "http://"+untraced)
	}
	driver, err := start(ctx, path, args, nil)
	if err != nil {
		return nil, err
	}
	if _, err := driver.ready(); err != nil {
		driver.kill()
		return nil, err
	}
	return driver, nil
}

// measure lets the driver make the load and reads the subject's clock around it.
func measure(subject, driver *process) (Use, error) {
	before, err := cpuClock(subject.pid())
	if err != nil {
		return Use{}, err
	}
	began := time.Now()
	m, err := driver.load()
	if err != nil {
		return Use{}, err
	}
	after, err := cpuClock(subject.pid())
	if err != nil {
		return Use{}, err
	}
	if m.Requests == 0 || m.Failed > 0 {
		return Use{}, fmt.Errorf("%d of %d requests to %s failed", m.Failed, m.Requests, subject.name)
	}
	return Use{CPU: after - before, Elapsed: time.Since(began), Requests: m.Requests, Mean: m.Mean, P99: m.P99}, nil
}
