package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/agent"
	"github.com/otwatch/otwatch/internal/config"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// samples are three values of each option.
var samples = map[string][3]string{
	"pid": {"1", "2", "3"}, "name": {"a", "b", "c"}, "all": {"false", "true", "true"}, "cgroup": {"/a", "/b", "/c"}, "pod": {"a", "b", "c"},
	"namespace": {"a", "b", "c"}, "exclude": {"a", "b", "c"}, "duration": {"1s", "2s", "3s"}, "interval": {"1s", "2s", "3s"},
	"output": {"text", "json", "jsonl"}, "endpoint": {"a:1", "b:2", "c:3"}, "protocol": {"grpc", "http/protobuf", "grpc"},
	"resource": {"a=1", "b=2", "c=3"}, "drop-attribute": {"a.b", "a.c", "a.d"}, "metrics": {"all", "essential", "all"}, "listen": {":1", ":2", ":3"},
	"web.config.file": {"a", "b", "c"}, "budget": {"1%", "2%", "3%"}, "host-budget": {"1%", "2%", "3%"}, "limit": {"cpu=1%", "cpu=2%", "cpu=3%"},
	"target-overhead": {"1%", "2%", "3%"}, "runtime-endpoint": {"/a", "/b", "/c"}, "no-uprobes": {"false", "true", "true"}, "pprof": {"a", "b", "c"},
	"record": {"a", "b", "c"}, "force": {"false", "true", "true"}, "fail-on": {"info", "warning", "critical"}, "ignore": {"hot-path", "span-leak", "log-drop"},
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
	keys := optionKeys()
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
	shown := show(t, "all: true\nlimit: {cpu: 3%, p99: 1s}\nname: [\"*\", 12]\ntargets:\n- name: a\n  limit: {cpu: 5%}\n- pod-label: {a: \"*\"}\n", nil)
	path := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(path, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := start(t, "config", "check", path); c.wait() != exitDone {
		t.Errorf("%s\n%s", c.stderr, shown)
	}
}

// TestCommasInConfig keeps them. On the command line and in variables they separate values,
// unless after a backslash.
func TestCommasInConfig(t *testing.T) {
	for where, shown := range map[string]string{
		"file":         show(t, "resource: {team: \"a,b\", tier: web}\nname: [\"x,y\"]\n", nil),
		"variables":    show(t, "", []string{`OTWATCH_RESOURCE=team=a\,b, tier=web`, `OTWATCH_NAME=x\,y`}),
		"command line": show(t, "", nil, "--resource", `team=a\,b,tier=web`, "--name", `x\,y`),
	} {
		for _, want := range []string{"- team=a,b\n- tier=web\n", "- x,y\n"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: %q is not there:\n%s", where, want, shown)
			}
		}
	}
}

func TestJoinEscaped(t *testing.T) {
	for text, want := range map[string][]string{
		"a": {"a"}, "a,b": {"a", "b"}, `a\,b`: {"a,b"}, `a\,b\,c,d`: {"a,b,c", "d"}, `a\`: {`a\`}, `\,`: {","}, ",": {"", ""}, `c:\d`: {`c:\d`},
	} {
		if got := joinEscaped(strings.Split(text, ",")); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestTargetsInConfig shows entries as they were given, each value with its line, and takes
// the settings of the first that matches.
func TestTargetsInConfig(t *testing.T) {
	shown := show(t, "targets:\n- service: check*\n  limit: {cpu: 3%}\n\n- namespace: [shop]\n  pod-label: {app: x}\n  budget: 0.5%\n", nil)
	for _, want := range []string{
		"targets:  # FILE:1\n- service:  # FILE:2\n  - check*\n  limit:  # FILE:3\n  - cpu=3%\n",
		"- namespace:  # FILE:5\n  - shop\n  pod-label:  # FILE:6\n  - app=x\n  budget: 0.5%  # FILE:7\n",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not there:\n%s", want, shown)
		}
	}
	config := attachConfig{budget: 0.01, limits: report.Limits{CPU: 0.05, P99: time.Second, Ignored: []string{"hot-path"}}, targets: []targetConfig{
		{Selector: agent.Selector{Services: []string{"checkout"}}, budget: 0.002, limits: report.Limits{Drops: 0.2, Ignored: []string{"span-leak"}}},
		{Selector: agent.Selector{Names: []string{"server"}}, limits: report.Limits{Target: 0.02}},
	}}
	for _, test := range []struct {
		service string
		budget  float64
		limits  report.Limits
	}{
		{"checkout", 0.002, report.Limits{CPU: 0.05, P99: time.Second, Drops: 0.2, Ignored: []string{"hot-path", "span-leak"}}},
		{"payment", 0.01, report.Limits{P99: time.Second, Target: 0.02, Ignored: []string{"hot-path"}}},
	} {
		process := snapshot.Target{Exe: "/bin/server", ServiceName: test.service}
		if budget, limits := config.budgetOf(process), config.limitsOf(process); budget != test.budget || !limits.Equal(test.limits) {
			t.Errorf("%s has a budget of %v and limits %+v, want %v and %+v", test.service, budget, limits, test.budget, test.limits)
		}
	}
	if least := config.leastBudget(); least != 0.002 {
		t.Errorf("the least budget is %v", least)
	}
}

// TestConfigRefusesWhatAttachRefuses, and names the line. Options may add what is missing.
func TestConfigRefusesWhatAttachRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"all: true\nweb.config.file: x":                                  `:2: --web.config.file needs --listen`,
		"all: true\ninterval: 50ms":                                      `:2: --interval 50ms: must be 100ms or more`,
		"all: true\nlimit: [cpu=1%, cpu=2%]":                             `:2: --limit "cpu=2%": cpu is given twice`,
		"all: true\nlimit: {cpu: 1%}\ntarget-overhead: 2%":               `:3: --target-overhead 2%: is above the limit cpu=1%`,
		"all: true\nresource: {a: b}\ndrop-attribute: a":                 `:3: --drop-attribute`,
		"pid: 1\nexclude: x":                                             `:2: --exclude needs --all`,
		"targets:\n- budget: 1%":                                         `:2: targets: an entry needs name`,
		"targets:\n- name: a\n  budget: 1":                               `:3: targets: budget: "1": must be a percentage`,
		"targets:\n- name: \"[\"":                                        `:2: targets: name: "[": must be a pattern`,
		"targets:\n- service: \"[\"":                                     `:2: targets: service: "[": must be a pattern`,
		"targets:\n- pod-label: app":                                     `:2: targets: pod-label: "app": must be NAME=GLOB`,
		"targets:\n- name: a\n  ignore: [hot-paht]":                      `:3: targets: ignore: "hot-paht": must be one of sync-export`,
		"targets:\n- name: a\n  limit: [cpu=1%, cpu=2%]":                 `:2: targets: limit "cpu=2%": cpu is given twice`,
		"targets:\n- name: a\n  target-overhead: 3":                      `:3: targets: target-overhead: "3": must be a percentage`,
		"targets:\n- nmae: a":                                            `:2: targets: unknown key "nmae"`,
		"targets:\n- name: a\n  limit: {cpu: 1%}\n  target-overhead: 2%": `:2: targets: target-overhead: 2%: is above the limit`,
	} {
		path := filepath.Join(t.TempDir(), "otwatch.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"config", "check", path}, {"attach", "--config", path}} {
			if c := start(t, args...); c.wait() != exitUsage || !strings.Contains(c.stderr.String(), path+says) {
				t.Errorf("%q: %s: %swant %s", text, args[0], c.stderr, says)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := os.WriteFile(path, []byte("budget: 2%\nexclude: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := start(t, "config", "check", path); c.wait() != exitDone || !strings.Contains(c.stdout.String(), "no mistakes; it selects no process") {
		t.Errorf("without a selection: %s%s", c.stdout, c.stderr)
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
	for _, variable := range []string{"BUDGET=3", "INTERVAL=3", "ALL=yes", "ENDPOINT=://", "LISTEN=x", "LIMIT=cpu=3", "TARGET_OVERHEAD=x", "RESOURCE=x", "PID=a", "FAIL_ON=x", "NAME=[", "RUNTIME_ENDPOINT=tcp://x", "DROP_ATTRIBUTE=service.name", "IGNORE=x"} {
		name, value, _ := strings.Cut(variable, "=")
		cmd := exec.Command(otwatch, "attach")
		cmd.Env = append(cmd.Environ(), "OTWATCH_"+variable)
		c := launchCommand(t, cmd)
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
		"targets:\n- name: a\n  budget: 1%\n- pod-label: {a: b}\n  ignore: hot-path": true, "targets: []": true, "targets:\n- x: a": false, "targets: a": false, "targets:\n- name: a\n  ignore: x": false,
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
