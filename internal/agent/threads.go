package agent

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxThreads bounds how many threads of a process are read, each at a cost of some 10 µs: a
// process may have 10,000.
const maxThreads = 32

// threadMeter measures how long the threads of a process wait for a CPU, by those threads
// that /proc lists first.
type threadMeter struct {
	pid     int
	threads map[string]snapshot.Threads // by tid, since the thread began
}

// interval returns the times since the last call of those threads that ran at both.
func (m *threadMeter) interval() (all snapshot.Threads) {
	now := readThreads(m.pid)
	for tid, times := range now {
		if earlier, ok := m.threads[tid]; ok {
			all = all.Plus(times.Since(earlier))
		}
	}
	m.threads = now
	return all
}

func readThreads(pid int) map[string]snapshot.Threads {
	tasks, err := os.Open(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	defer tasks.Close()
	tids, _ := tasks.Readdirnames(maxThreads)
	threads := make(map[string]snapshot.Threads, len(tids))
	for _, tid := range tids {
		if times, ok := parseSchedstat(readAt(tasks, tid+"/schedstat")); ok {
			threads[tid] = times
		}
	}
	return threads
}

// readAt returns the first 64 bytes of a file below a directory, "" if it cannot be read.
func readAt(directory *os.File, name string) string {
	file, err := unix.Openat(int(directory.Fd()), name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(file)
	var content [64]byte
	n, err := unix.Read(file, content[:])
	if err != nil {
		return ""
	}
	return string(content[:n])
}

// parseSchedstat reads how long a thread ran and how long it waited, in nanoseconds, and how
// often it was given a CPU. Source: Documentation/scheduler/sched-stats.rst.
//
//	38841148 138586400 132
func parseSchedstat(content string) (times snapshot.Threads, ok bool) {
	fields := strings.Fields(content)
	if len(fields) != 3 {
		return snapshot.Threads{}, false
	}
	ran, ranErr := strconv.ParseInt(fields[0], 10, 64)
	waited, waitedErr := strconv.ParseInt(fields[1], 10, 64)
	return snapshot.Threads{Ran: time.Duration(ran), Waited: time.Duration(waited)}, ranErr == nil && waitedErr == nil
}
