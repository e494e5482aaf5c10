package export

import (
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails if a test left a goroutine of this package, or of a
// connection, behind.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if left := leaked(10 * time.Second); code == 0 && left != "" {
		os.Stderr.WriteString("goroutines left behind:\n" + left + "\n")
		code = 1
	}
	os.Exit(code)
}

// leaked returns the stacks that are still there after patience.
func leaked(patience time.Duration) string {
	var left []string
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		left = nil
		buffer := make([]byte, 1<<20)
		stacks := string(buffer[:runtime.Stack(buffer, true)])
		for stack := range strings.SplitSeq(stacks, "\n\n") {
			if strings.Contains(stack, "internal/export.(*") || strings.Contains(stack, "google.golang.org/grpc") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}
