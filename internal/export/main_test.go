package export

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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

// golden compares got with a file in testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (rewrite with `go test ./internal/export -update`):\n%s", path, diff)
	}
}
