package testtarget

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// starvedFor is how long a process must get too little CPU time, at least, to count as starved.
const starvedFor = 3 // seconds

// WatchCPU watches whether a process gets the CPU time that it asks for. Starved reports whether
// its threads have waited for a CPU for longer than they ran, over three seconds or the whole
// time: other programs of the machine took its CPUs.
func WatchCPU(t testing.TB, pid int) (starved func() bool) {
	t.Helper()
	first := scheduled(pid)
	ended, done := make(chan struct{}), make(chan struct{})
	var some bool
	go func() {
		defer close(done)
		last := []schedule{first}
		for {
			select {
			case <-ended:
				return
			case <-time.After(time.Second):
			}
			last = append(last, scheduled(pid))
			last = last[max(0, len(last)-starvedFor-1):]
			some = some || len(last) > starvedFor && last[starvedFor].starved(last[0])
		}
	}()
	stop := func() {
		select {
		case <-ended:
		default:
			close(ended)
		}
		<-done
	}
	t.Cleanup(stop)
	return func() bool {
		stop()
		return some || scheduled(pid).starved(first)
	}
}

// schedule is how long the threads of a process have run, and waited for a CPU.
type schedule struct{ ran, waited time.Duration }

// scheduled reads the schedule of a process; it is zero if the process has ended.
func scheduled(pid int) (sum schedule) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, task := range tasks {
		content, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended
		}
		var ran, waited int64
		if _, err := fmt.Sscan(string(content), &ran, &waited); err == nil {
			sum.ran += time.Duration(ran)
			sum.waited += time.Duration(waited)
		}
	}
	return sum
}

func (s schedule) starved(before schedule) bool {
	return s.waited-before.waited > s.ran-before.ran
}
