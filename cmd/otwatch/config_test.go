package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/config"
)

// samples are three values of each option.
var samples = map[string][3]string{
	"pid": {"1", "2", "3"}, "name": {"a", "b", "c"}, "all": {"false", "true", "true"}, "cgroup": {"/a", "/b", "/c"}, "pod": {"a", "b", "c"},
	"namespace": {"a", "b", "c"}, "exclude": {"a", "b", "c"}, "duration": {"1s", "2s", "3s"}, "interval": {"1s", "2s", "3s"},
	"output": {"text", "json", "jsonl"}, "endpoint": {"a:1", "b:2", "c:3"}, "protocol": {"grpc", "http/protobuf", "grpc"},
	"resource": {"a=1", "b=2", "c=3"}, "drop-attribute": {"a.b", "a.c", "a.d"}, "metrics": {"all", "essential", "all"}, "listen": {":1", ":2", ":3"},
	"web.config.file": {"a", "b", "c"}, "budget": {"1%", "2%", "3%"}, "host-budget": {"1%", "2%", "3%"}, "limit": {"cpu=1%", "cpu=2%", "cpu=3%"},
	"target-overhead": {"1%", "2%", "3%"}, "runtime-endpoint": {"/a", "/b", "/c"}, "no-uprobes": {"false", "true", "true"}, "pprof": {"a", "b", "c"},
	"record": {"a", "b", "c"}, "force": {"false", "true", "true"}, "fail-on": {"info", "warning", "critical"},
}

// show is what config show prints with a file, variables and options.
func show(t *testing.T, file string, environ []string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(otwatch, append([]string{"config", "show", "--config", path}, args...)...)
	cmd.Env = append(cmd.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.ReplaceAll(string(out), path, "FILE")
}

// TestPrecedence of every option: flag, environment, file, default.
func TestPrecedence(t *testing.T) {
	keys := configKeys()
	if len(keys) != len(samples) {
		t.Errorf("%d keys, and samples of %d", len(keys), len(samples))
	}
	var file string
	var environ, args []string
	for _, key := range keys {
		of := samples[key.Name]
		file += key.Name + ": " + of[0] + "\n"
		environ = append(environ, variable(key.Name)+"="+of[1])
		args = append(args, "--"+key.Name+"="+of[2])
	}
	for i, shown := range []string{show(t, file, nil), show(t, file, environ), show(t, file, environ, args...)} {
		for _, key := range keys {
			origin := []string{`FILE:\d+`, variable(key.Name), "--" + key.Name}[i]
			value := regexp.QuoteMeta(samples[key.Name][i])
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(key.Name) + `:( ['"]?` + value + `['"]?)?  # ` + origin + `$(\n- ['"]?` + value + `['"]?$)?`).MatchString(shown) {
				t.Errorf("%s from %s is not there as %s:\n%s", key.Name, origin, samples[key.Name][i], shown)
			}
		}
	}
	if shown := show(t, "", nil); !strings.Contains(shown, "# budget: 1%  # default\n") || !strings.Contains(shown, "# endpoint:  # not set\n") {
		t.Errorf("without anything:\n%s", shown)
	}
}

// TestShownConfigIsOne: what show prints is a file that check accepts.
func TestShownConfigIsOne(t *testing.T) {
	shown := show(t, "all: true\nlimit: {cpu: 3%, p99: 1s}\nname: [\"*\", 12]\n", nil)
	path := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(path, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := start(t, "config", "check", path); c.wait() != exitDone {
		t.Errorf("%s\n%s", c.stderr, shown)
	}
}

// TestCommasInConfig keeps them: only the command line separates values by them.
func TestCommasInConfig(t *testing.T) {
	shown := show(t, "resource: {team: \"a,b\"}\nname: [\"x,y\"]\n", nil)
	for _, want := range []string{"- team=a,b\n", "- x,y\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not there:\n%s", want, shown)
		}
	}
}

func TestMistakesInConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := os.WriteFile(path, []byte("all: true\nbudgte: 2%\ninterval: 10\nlimit:\n  cpu: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"config", "check", path}, {"config", "show", "--config", path}, {"attach", "--config", path}} {
		c := start(t, args...)
		code := c.wait()
		for _, says := range []string{`:2: unknown key "budgte"; is it budget?`, `:3: interval: "10": must be a time`, `:5: limit: "cpu=3": must be a percentage`} {
			if code != exitUsage || !strings.Contains(c.stderr.String(), path+says) {
				t.Errorf("%v: exit code %d, want %d and %q: %s", args, code, exitUsage, says, c.stderr)
			}
		}
	}
	for _, variable := range []string{"BUDGET=3", "INTERVAL=3", "ALL=yes", "ENDPOINT=://", "LISTEN=x", "LIMIT=cpu=3", "TARGET_OVERHEAD=x", "RESOURCE=x", "PID=a", "FAIL_ON=x", "NAME=[", "RUNTIME_ENDPOINT=tcp://x", "DROP_ATTRIBUTE=service.name"} {
		name, value, _ := strings.Cut(variable, "=")
		cmd := exec.Command(otwatch, "attach")
		cmd.Env = append(cmd.Environ(), "OTWATCH_"+variable)
		c := launch(t, cmd)
		if code, want := c.wait(), "OTWATCH_"+name+": \""+value+"\": "; code != exitUsage || !strings.Contains(c.stderr.String(), want) {
			t.Errorf("%s: exit code %d, %s; want %d and %q", variable, code, c.stderr, exitUsage, want)
		}
	}
}

// TestConfigSchema accepts the files that check accepts. It is committed.
func TestConfigSchema(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "config.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if made, err := config.Schema(configTitle, configKeys()); err != nil || string(made) != string(text) {
		t.Errorf("docs/config.schema.json is out of date: go generate ./cmd/otwatch (%v)", err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.json", document); err != nil {
		t.Fatal(err)
	}
	schema := compiler.MustCompile("config.json")
	for file, valid := range map[string]bool{
		"all: true\nbudget: 1%\nname: [a, b]\nlimit: {cpu: 5%}\n": true, "name: a\nlimit: [cpu=5%]\noutput: json": true, "": true,
		"budgte: 1%": false, "all: 1": false, "output: xml": false, "budget: [1]": false,
	} {
		var value any
		if err := yaml.Unmarshal([]byte(file), &value); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, readErr := config.Read(path, configKeys())
		if err := schema.Validate(value); (err == nil) != valid || (readErr == nil) != valid {
			t.Errorf("%q: the schema says %v, config check %v; want valid %v", file, err, readErr, valid)
		}
	}
}
