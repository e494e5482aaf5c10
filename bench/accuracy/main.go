// Command accuracy compares otwatch's estimate of what tracing costs with the
// truth: the same program, paced, with the SDK and with the no-op provider, in
// alternating pairs. It prints a table in Markdown.
//
// The truth of a row is the median over pairs of 1 − CPU without / CPU with;
// its interval is from the pairs' order statistics.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otwatch/otwatch/internal/analyzer"
	"github.com/otwatch/otwatch/internal/demo"
)

// rows are the loads that are compared.
var rows = []struct {
	name string
	args []string
}{
	{"plain, 30k spans/s", nil},
	{"20 attributes a span", []string{"-attrs", "20", "-rate", "6000"}},
	{"the application allocates 2 kB a span", []string{"-alloc", "2000"}},
	{"the application allocates 8 kB a span", []string{"-alloc", "8000", "-rate", "5000"}},
	{"0 % sampling", []string{"-sample", "0"}},
	{"3k spans/s", []string{"-rate", "1000", "-hashes", "400"}},
	{"synchronous export", []string{"-sync", "-rate", "300"}},
}

func main() {
	pairs := flag.Int("pairs", 10, "pairs of runs a row")
	duration := flag.Duration("duration", 12*time.Second, "of a run")
	only := flag.String("row", "", "only rows whose name contains this")
	flag.Parse()
	if err := run(*pairs, *duration, *only); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(pairs int, duration time.Duration, only string) error {
	dir, err := os.MkdirTemp("", "otwatch-accuracy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{otwatch: filepath.Join(dir, "otwatch"), load: filepath.Join(dir, "load"), duration: duration}
	for path, pkg := range map[string]string{b.otwatch: "./cmd/otwatch", b.load: "./testdata/targets/load"} {
		if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	receiver, err := demo.NewReceiver()
	if err != nil {
		return err
	}
	defer receiver.Close()
	b.endpoint = receiver.Endpoint()
	fmt.Println("| load | truth [95 %] | estimate [95 %] | error | samples | interval held |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, row := range rows {
		if !strings.Contains(row.name, only) {
			continue
		}
		if err := b.compare(row.name, row.args, pairs); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
	}
	return nil
}

type bench struct {
	otwatch, load, endpoint string
	duration                time.Duration
}

// compare runs a row's pairs, each run with the SDK once bare and once watched,
// and prints the row.
func (b bench) compare(name string, args []string, pairs int) error {
	var truths, estimates, lows, highs []float64
	var samples uint64
	held := 0
	for range pairs {
		without, _, err := b.once(append([]string{"-noop"}, args...), false)
		if err != nil {
			return err
		}
		with, _, err := b.once(args, false)
		if err != nil {
			return err
		}
		truths = append(truths, 1-without/with)
		_, report, err := b.once(args, true)
		if err != nil {
			return err
		}
		if share := report.CPU.Tracing.Share; share != nil {
			estimates, lows, highs = append(estimates, share.Value), append(lows, share.Low), append(highs, share.High)
			samples += share.N
		}
	}
	slices.Sort(truths)
	truth := truths[len(truths)/2]
	for i := range estimates {
		if lows[i] <= truth && truth <= highs[i] {
			held++
		}
	}
	if len(estimates) == 0 {
		fmt.Printf("| %s | %.3f | none | | | |\n", name, truth)
		return nil
	}
	low, high := orderInterval(truths)
	estimate := median(estimates)
	fmt.Printf("| %s | %.3f [%.3f, %.3f] | %.3f [%.3f, %.3f] | %+.1f %% | %d | %d of %d |\n", name, truth, low, high,
		estimate, median(lows), median(highs), 100*(estimate/truth-1), samples/uint64(len(estimates)), held, len(estimates))
	return nil
}

// once runs the load and returns its CPU seconds per request, and otwatch's
// report if it was watched.
func (b bench) once(args []string, watched bool) (perRequest float64, report analyzer.Report, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*b.duration)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.load, append([]string{"-endpoint", b.endpoint, "-duration", b.duration.String()}, args...)...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, report, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, report, err
	}
	if err := cmd.Start(); err != nil {
		return 0, report, err
	}
	lines := bufio.NewScanner(stdout)
	lines.Scan() // ready
	var out []byte
	watching := make(chan error, 1)
	if watched {
		watch := exec.CommandContext(ctx, b.otwatch, "attach", "--pid", strconv.Itoa(cmd.Process.Pid), "--output", "json")
		go func() { var err error; out, err = watch.Output(); watching <- err }()
		time.Sleep(500 * time.Millisecond)
	}
	if _, err := stdin.Write([]byte("\n")); err != nil {
		return 0, report, err
	}
	lines.Scan()
	var used struct {
		CPUSeconds float64
		Requests   float64
	}
	if err := json.Unmarshal(lines.Bytes(), &used); err != nil {
		return 0, report, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, report, err
	}
	if watched {
		if err := <-watching; err != nil {
			return 0, report, fmt.Errorf("otwatch: %w", err)
		}
		err = json.Unmarshal(out, &report)
	}
	return used.CPUSeconds / used.Requests, report, err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// orderInterval bounds the median of ascending values with 95 % confidence, for
// ten of them by the second from each end; with fewer it is the whole range.
func orderInterval(sorted []float64) (low, high float64) {
	skip := 0
	if len(sorted) >= 9 {
		skip = 1
	}
	return sorted[skip], sorted[len(sorted)-1-skip]
}
