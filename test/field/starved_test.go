package field

import (
	"fmt"
	"os"
	"path/filepath"
)

// schedule is how long the threads of a process have run, and waited for a CPU.
type schedule struct{ ran, waited float64 }

// scheduled reads the schedule of a process; it is zero if the process has ended.
func scheduled(pid int) (sum schedule) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, task := range tasks {
		content, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended
		}
		var ran, waited float64
		if _, err := fmt.Sscan(string(content), &ran, &waited); err == nil {
			sum.ran += ran
			sum.waited += waited
		}
	}
	return sum
}

// starved reports whether the process waited for longer than it ran, in which case a
// finding may say so: other programs of the machine took its CPUs.
func starved(before, after schedule) bool {
	return after.waited-before.waited > after.ran-before.ran
}
