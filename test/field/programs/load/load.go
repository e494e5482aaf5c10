// Package load is what the programs of test/field have in common: the truth, as counters
// that a program prints, the signal to begin, and an even load.
package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Names of counters that the tests know.
const (
	Started  = "started"  // spans that were started
	Ended    = "ended"    // spans that have ended
	Requests = "requests" // requests that were served
	Errors   = "errors"   // errors that the SDK handed to its error handler
)

// every is the time between two lines of counters.
const every = 20 * time.Millisecond

var counters sync.Map // *atomic.Int64 by name

// Add adds to a counter.
func Add(name string, n int64) {
	counter, _ := counters.LoadOrStore(name, new(atomic.Int64))
	counter.(*atomic.Int64).Add(n)
}

// Handle counts an error. It is the SDK's error handler.
func Handle(error) { Add(Errors, 1) }

// Begin says that the program is ready, waits for a line of input, and lets the counters
// be printed from then on.
func Begin() {
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	go func() {
		for range time.Tick(every) {
			Print()
		}
	}()
}

var printing sync.Mutex

// Print prints the counters, the time in microseconds, and the CPU time that the program
// has used in microseconds.
func Print() {
	printing.Lock()
	defer printing.Unlock()
	line := map[string]int64{"us": time.Now().UnixMicro()}
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		line["cpu_us"] = (used.Utime.Nano() + used.Stime.Nano()) / 1000
	}
	counters.Range(func(name, counter any) bool {
		line[name.(string)] = counter.(*atomic.Int64).Load()
		return true
	})
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// Every calls f so many times a second, for ever, each time on a goroutine of its own.
func Every(rate int, f func(i int)) {
	begin := time.Now()
	for i := 0; ; i++ {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		go func() {
			f(i)
			Add(Requests, 1)
		}()
	}
}

// worked keeps Work from being left out.
var worked atomic.Uint64

// Work takes thousands of rounds of arithmetic.
func Work(thousands int) {
	x := uint64(88172645463325252)
	for range thousands * 1000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	worked.Store(x)
}
