package subject

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/otwatch/otwatch/internal/report"
)

// Otwatch is the program that all is about.
var Otwatch = Program{Package: "./cmd/otwatch", Released: true}

// settling is what an otwatch that has been started takes to attach, and more.
const settling = time.Second

// Watch returns an Observer that attaches otwatch and puts its report in the
// place given. Arguments are attach's, beside --pid and --output.
func (b *Bench) Watch(report *report.Report, args ...string) Observer {
	return func(ctx context.Context, pid int, _ string) (func() error, error) {
		path, err := b.Executable(Otwatch)
		if err != nil {
			return nil, err
		}
		var out, complaints bytes.Buffer
		watch := exec.CommandContext(ctx, path, append([]string{"attach", "--pid", strconv.Itoa(pid), "--output", "json"}, args...)...)
		watch.Stdout, watch.Stderr = &out, &complaints
		if err := watch.Start(); err != nil {
			return nil, fmt.Errorf("start otwatch: %w", err)
		}
		time.Sleep(settling)
		return func() error {
			if err := watch.Wait(); err != nil {
				return fmt.Errorf("otwatch: %w\n%s", err, complaints.String())
			}
			if err := json.Unmarshal(out.Bytes(), report); err != nil {
				return fmt.Errorf("read otwatch's report: %w", err)
			}
			return nil
		}, nil
	}
}
