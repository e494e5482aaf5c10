package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/audit"
)

// TestAudit examines what is a Go program, and says of everything else why not.
func TestAudit(t *testing.T) {
	foreign := tinyARM64(t)
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout []string
		stderr string
	}{
		{"a program", []string{otwatch}, exitDone, []string{"yes", "otel/sdk v1.47.0", "OTEL_TRACES_EXPORTER: no module reads it"}, ""},
		{"of another architecture, without the SDK", []string{foreign}, exitDone, []string{"arm64", "no ", "without OpenTelemetry"}, ""},
		{"several", []string{otwatch, foreign}, exitDone, []string{otwatch, foreign}, ""},
		{"no Go program", []string{otwatch, "/bin/sleep"}, exitTarget, []string{otwatch}, "/bin/sleep is not a Go program"},
		{"a text", []string{text}, exitTarget, nil, text + " is not a Go program"},
		{"a directory", []string{"/tmp"}, exitFailure, nil, "read /tmp: is a directory"},
		{"a device", []string{"/dev/zero"}, exitFailure, nil, "/dev/zero is no regular file"},
		{"not there", []string{"/nowhere/shop", "/bin/sleep"}, exitFailure, nil, "open /nowhere/shop: no such file or directory; /bin/sleep is not a Go program"},
		{"nothing", nil, exitUsage, nil, "number of files: got 0"},
		{"a form that there is not", []string{"--output", "yaml", otwatch}, exitUsage, nil, "must be one of"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, append([]string{"audit"}, test.args...)...)
			if code := c.wait(); code != test.code {
				t.Errorf("exit code %d, want %d: %s", code, test.code, c.stderr)
			}
			for _, want := range test.stdout {
				if !strings.Contains(strings.Join(strings.Fields(c.stdout.String()), " "), strings.TrimSpace(want)) {
					t.Errorf("stdout has no %q:\n%s", want, c.stdout)
				}
			}
			if got := c.stderr.String(); !strings.Contains(got, test.stderr) || test.stderr == "" && got != "" {
				t.Errorf("stderr %q, want %q", got, test.stderr)
			}
		})
	}
}

// TestAuditJSON has an entry for each file, with the reason where nothing is known of it.
func TestAuditJSON(t *testing.T) {
	c := start(t, "audit", "--output", "json", otwatch, "/bin/sleep")
	if code := c.wait(); code != exitTarget {
		t.Errorf("exit code %d: %s", code, c.stderr)
	}
	var document audit.Document
	if err := json.Unmarshal([]byte(c.stdout.String()), &document); err != nil || document.Schema != "otwatch.audit/v1" || len(document.Binaries) != 2 {
		t.Fatalf("%v:\n%s", err, c.stdout)
	}
	own, sleep := document.Binaries[0], document.Binaries[1]
	if !own.Watchable || own.SDKVersion != "v1.47.0" || own.ProbedFunctions == 0 || len(own.Modules) < 3 || own.Error != nil {
		t.Errorf("%+v", own)
	}
	if sleep.Error == nil || sleep.Watchable || sleep.Modules == nil || sleep.KnownIssues == nil {
		t.Errorf("%+v", sleep)
	}
}

// tinyARM64 is a program for another architecture than this test's, or for the same one.
func tinyARM64(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "tiny")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	return program
}
