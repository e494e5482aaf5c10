package program

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// Made is what a load consisted of: of the Requests, so many Failed. Mean and P99
// are of the time from when a request was due to its answer; 0 where nobody
// waits for answers.
type Made struct {
	Requests  int
	Failed    int
	Mean, P99 time.Duration
}

// untraced is what the last line asked for.
var untraced atomic.Bool

// Untraced reports whether the program is to work without tracing now.
func Untraced() bool { return untraced.Load() }

// Lines that turn tracing off and on.
const (
	without = "without"
	with    = "with"
)

// ended is closed at the end of standard input.
var ended = make(chan struct{})

// turnings are what is to be done when tracing is turned off or on.
var turnings []func(untraced bool) error

// OnTurn calls a function whenever tracing is turned off or on.
func OnTurn(turn func(untraced bool) error) { turnings = append(turnings, turn) }

// obey does what the lines say until they end, or ends a program that cannot.
func obey(lines *bufio.Scanner) {
	defer close(ended)
	for lines.Scan() {
		switch line := lines.Text(); line {
		case with, without:
			untraced.Store(line == without)
			for _, turn := range turnings {
				if err := turn(line == without); err != nil {
					Exit("turn", err)
				}
			}
		}
	}
}

// AwaitBegin prints "ready" and waits for the line that begins the load.
func AwaitBegin() {
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	go obey(lines)
}

// Serve prints "ready" with the address, and waits for the end of standard input.
func Serve(address string) {
	fmt.Println("ready", address)
	obey(bufio.NewScanner(os.Stdin))
}

// Finish prints what was made and waits for the end of standard input, so that
// the benchmark can read the process's clock while there is a process.
func Finish(made Made) error {
	if err := json.NewEncoder(os.Stdout).Encode(made); err != nil {
		return err
	}
	<-ended
	return nil
}

// Exit ends a program that failed with status 1 and its name before the error.
func Exit(name string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
