package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestCompletion asks bash, with its script, what may follow.
func TestCompletion(t *testing.T) {
	program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept))
	exe, err := os.Readlink("/proc/" + program.PIDString() + "/exe")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		line string
		want string // among the words
		not  string // is not
	}{
		{"otwatch at", "attach", "report"},
		{"otwatch ", "completion", "man"},
		{"otwatch report --pa", "--partial", "--output"},
		{"otwatch report --output ", "folded", "jsonl"},
		{"otwatch compare -o m", "markdown", "json"},
		{"otwatch run --output ", "jsonl", "--budget"},
		{"otwatch attach --fail-on ", "critical", "lost"},
		{"otwatch attach --all --metrics ", "essential", "--all"},
		{"otwatch attach --duration ", "", "--all"},
		{"otwatch attach --pid ", program.PIDString(), "1"},
		{"otwatch attach -n ", filepath.Base(exe), "otwatch"},
		{"otwatch completion ", "fish", "json"},
	}
	for _, test := range tests {
		words := strings.Split(test.line, " ")
		script := `source <(otwatch completion bash) && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && { _otwatch; printf '%s\n' "${COMPREPLY[@]}"; }`
		cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, words...)...)
		cmd.Env = append(cmd.Environ(), "PATH="+filepath.Dir(otwatch)+":"+"/usr/bin:/bin")
		out, err := cmd.CombinedOutput()
		found := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if err != nil || !slices.Contains(found, test.want) || slices.Contains(found, test.not) {
			t.Errorf("%q: %q, %v; want %q and not %q", test.line, found, err, test.want, test.not)
		}
	}
}

// TestCompletionExpandsNothing has bash complete a word that a process could have for a name.
func TestCompletionExpandsNothing(t *testing.T) {
	dir := t.TempDir()
	const hostile = "$(touch ran);`touch ran` 'x y' *"
	if err := os.WriteFile(filepath.Join(dir, "otwatch"), []byte("#!/bin/sh\ncat <<'END'\n"+hostile+"\nEND\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	// What bash inserts is read by bash again: eval stands for the return key.
	cmd := exec.Command("bash", "-c", `source "$0" && COMP_WORDS=(otwatch "") COMP_CWORD=1 && _otwatch && eval "set -- ${COMPREPLY[0]}" && printf %s "$1"`, script(t, "bash"))
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "PATH="+dir+":/usr/bin:/bin")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != hostile {
		t.Errorf("it completes %q, %v; want %q", out, err, hostile)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("a name was run")
	}
}

// script is the path of a shell's script.
func script(t *testing.T, shell string) string {
	t.Helper()
	text, err := completions.ReadFile("completion/otwatch." + shell)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "otwatch."+shell)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCompletionOfOtherShells: words have what they mean beside them.
func TestCompletionOfOtherShells(t *testing.T) {
	for shell, want := range map[string]string{"zsh": "--partial:report the readable part", "fish": "--partial\treport the readable part"} {
		t.Setenv(shellVariable, shell)
		c := start(t, "report", "--generate-bash-completion")
		if code := c.wait(); code != exitDone || !strings.Contains(c.stdout.String(), want) {
			t.Errorf("%s: exit code %d, %s; want %q", shell, code, c.stdout, want)
		}
		if c := start(t, "completion", shell); c.wait() != exitDone || !strings.Contains(c.stdout.String(), shellVariable+"="+shell) {
			t.Errorf("the script for %s is %s", shell, c.stdout)
		}
	}
	if c := start(t, "completion", "tcsh"); c.wait() != exitUsage || !strings.Contains(c.stderr.String(), `got "tcsh", want one of bash, zsh, fish`) {
		t.Errorf("another shell: %s", c.stderr)
	}
}

func TestVersion(t *testing.T) {
	c := start(t, "version", "--output", "json")
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	var v versionDocument
	if err := json.Unmarshal([]byte(c.stdout.String()), &v); err != nil {
		t.Fatal(err)
	}
	if v.Schema != "otwatch.version/v1" || v.Version == "" || !strings.HasPrefix(v.Go, "go1.") || v.Kernel == "" || len(v.Features) == 0 {
		t.Errorf("%+v", v)
	}
	for _, f := range v.Features {
		if (f.Supported == nil || !*f.Supported) != (f.Why != "") {
			t.Errorf("%+v: want a reason if it is not there", f)
		}
	}
	if c := start(t, "version"); c.wait() != exitDone || !strings.HasPrefix(c.stdout.String(), "otwatch "+v.Version+" (commit ") {
		t.Errorf("as text: %s", c.stdout)
	}
}

// TestMan: the page has every command and option.
func TestMan(t *testing.T) {
	c := start(t, "man")
	if code := c.wait(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, c.stderr)
	}
	page := strings.ReplaceAll(c.stdout.String(), `\-`, "-")
	for _, command := range newApp(nil, nil, nil).VisibleCommands() {
		if !strings.Contains(page, ".SH "+command.Name+"\n") {
			t.Errorf("the page has no command %s", command.Name)
		}
		for _, flag := range command.VisibleFlags() {
			if name := flag.Names()[0]; name != "help" && !strings.Contains(page, "--"+name) {
				t.Errorf("the page has no option --%s of %s", name, command.Name)
			}
		}
	}
}
