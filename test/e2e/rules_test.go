//go:build monitoring

package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRules has promtool check the rules of deploy/prometheus and run their unit tests.
func TestRules(t *testing.T) {
	promtool := buildPrometheus(t, "promtool")
	for command, pattern := range map[string]string{"check": "otwatch.rules.*yaml", "test": "otwatch.rules_test.*yaml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "deploy", "prometheus", pattern))
		if err != nil || len(files) < 2 {
			t.Fatalf("%v, %v; want files of both forms", files, err)
		}
		for _, file := range files {
			t.Run(command+" "+filepath.Base(file), func(t *testing.T) {
				if out, err := exec.Command(promtool, command, "rules", file).CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// buildPrometheus compiles a program of Prometheus without service discovery, which most of
// its dependencies are for.
func buildPrometheus(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-tags", "remove_all_sd", "-o", binary, "github.com/prometheus/prometheus/cmd/"+name)
	cmd.Dir = "prometheus"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return binary
}
