package subject

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/otwatch/otwatch/internal/report"
)

// Otwatch is the program that all is about.
var Otwatch = Program{Package: "./cmd/otwatch", Released: true}

// Watch returns an Observer that attaches otwatch and puts its report in the
// place given. It returns when otwatch has attached. Arguments are attach's, beside
// --pid and --output.
func (b *Bench) Watch(report *report.Report, args ...string) Observer {
	return func(ctx context.Context, pid int, _ string) (func() error, error) {
		path, err := b.Executable(Otwatch)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		watch := exec.CommandContext(ctx, path, append([]string{"attach", "--pid", strconv.Itoa(pid), "--output", "json"}, args...)...)
		watch.Stdout = &out
		logged, err := watch.StderrPipe()
		if err != nil {
			return nil, err
		}
		if err := watch.Start(); err != nil {
			return nil, fmt.Errorf("start otwatch: %w", err)
		}
		log := follow(logged)
		<-log.attached
		return func() error {
			<-log.done
			if err := watch.Wait(); err != nil {
				return fmt.Errorf("otwatch: %w\n%s", err, log.text.String())
			}
			if err := json.Unmarshal(out.Bytes(), report); err != nil {
				return fmt.Errorf("read otwatch's report: %w", err)
			}
			return nil
		}, nil
	}
}

// log is what otwatch logs.
type log struct {
	attached chan struct{} // closed when it has attached, or has ended
	done     chan struct{} // closed when it has ended
	text     strings.Builder
}

func follow(logged io.Reader) *log {
	l := &log{attached: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		attach := sync.OnceFunc(func() { close(l.attached) })
		defer attach()
		for lines := bufio.NewScanner(logged); lines.Scan(); {
			fmt.Fprintln(&l.text, lines.Text())
			if strings.Contains(lines.Text(), "msg=attached") {
				attach()
			}
		}
	}()
	return l
}
