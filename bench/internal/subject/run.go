package subject

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	return b.lead(ctx, s, duration, func(ctx context.Context, subject, _ *process) (func() error, error) {
		return observe(ctx, subject.pid(), subject.name)
	})
}

// leader observes a subject and may lead it, or its client, while the load runs.
type leader func(ctx context.Context, subject, client *process) (finish func() error, err error)

func (b *Bench) lead(ctx context.Context, s Subject, duration time.Duration, lead leader) (Use, error) {
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
	return b.run(ctx, s.Program, run, lead)
}

func (b *Bench) run(ctx context.Context, p Program, run Run, lead leader) (use Use, err error) {
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
		if driver, err = b.client(ctx, p, address, run); err != nil {
			return Use{}, err
		}
		defer driver.kill()
	}
	finish, err := lead(ctx, subject, driver)
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
	if run.Address, err = freeAddress(); err != nil {
		return nil, "", err
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

// client starts the client for a server.
func (b *Bench) client(ctx context.Context, p Program, address string, run Run) (*process, error) {
	path, err := b.Executable(client)
	if err != nil {
		return nil, err
	}
	if p.Request == "-http" {
		address = "http://" + address
	}
	args := []string{p.Request, address + p.Path, "-rate", fmt.Sprint(run.Rate), "-duration", run.Duration.String()}
	if p.Untraced != "" {
		args = append(args, "-untraced", address+p.Untraced)
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
