package testtarget

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Family lists a process and its descendants that exist. A child is listed under the
// thread that started it.
func Family(pid int) []int {
	all := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task) // it may have ended
		for child := range strings.FieldsSeq(string(children)) {
			if child, err := strconv.Atoi(child); err == nil {
				all = append(all, Family(child)...)
			}
		}
	}
	return all
}
