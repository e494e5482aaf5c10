package program

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
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

// stdin is one reader, for a line and what follows it.
var stdin = bufio.NewReader(os.Stdin)

// AwaitBegin prints "ready" and waits for the line that begins the load.
func AwaitBegin() {
	fmt.Println("ready")
	_, _ = stdin.ReadString('\n')
}

// Serve prints "ready" with the address, and waits for the end of standard input.
func Serve(address string) {
	fmt.Println("ready", address)
	awaitEnd()
}

// Finish prints what was made and waits for the end of standard input, so that
// the benchmark can read the process's clock while there is a process.
func Finish(made Made) error {
	if err := json.NewEncoder(os.Stdout).Encode(made); err != nil {
		return err
	}
	awaitEnd()
	return nil
}

func awaitEnd() { _, _ = io.Copy(io.Discard, stdin) }

// Exit ends a program that failed with status 1 and its name before the error.
func Exit(name string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
