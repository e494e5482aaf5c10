package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

var keys = []Key{
	{Name: "budget", Check: percentage},
	{Name: "all", Kind: Switch},
	{Name: "name", Kind: List},
	{Name: "limit", Kind: Pairs},
	{Name: "output", OneOf: []string{"text", "json"}},
	{Name: "targets", Kind: Entries, Keys: []Key{{Name: "name", Kind: List}, {Name: "limit", Kind: Pairs}, {Name: "budget", Check: percentage}},
		CheckEntry: func(values Values) error {
			if len(values["name"].Texts) == 0 {
				return errors.New("expected a name")
			}
			return nil
		}},
}

func percentage(text string) error {
	if !strings.HasSuffix(text, "%") {
		return errors.New(`"` + text + `": must be a percentage`)
	}
	return nil
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       Values
	}{
		{"nothing", "", Values{}},
		{"comments", "# budget: 1%\n", Values{}},
		{"all kinds", "budget: 1%\nall: true\nname: [check*, 12]\nlimit:\n  cpu: 5%\n  p99: 1s\noutput: json\n", Values{
			"budget": {Texts: []string{"1%"}, Line: 1}, "all": {Texts: []string{"true"}, Line: 2}, "name": {Texts: []string{"check*", "12"}, Line: 3},
			"limit": {Texts: []string{"cpu=5%", "p99=1s"}, Line: 4}, "output": {Texts: []string{"json"}, Line: 7},
		}},
		{"entries", "targets:\n- name: a\n  budget: 1%\n- name: [b, c]\n  limit: {cpu: 1%}\n", Values{"targets": {Line: 1, Entries: []Entry{
			{Line: 2, Values: Values{"name": {Texts: []string{"a"}, Line: 2}, "budget": {Texts: []string{"1%"}, Line: 3}}},
			{Line: 4, Values: Values{"name": {Texts: []string{"b", "c"}, Line: 4}, "limit": {Texts: []string{"cpu=1%"}, Line: 5}}},
		}}}},
		{"no entries", "targets: []", Values{"targets": {Line: 1}}},
		{"other forms", "---\nname: one\nlimit:\n- cpu=5%\n", Values{"name": {Texts: []string{"one"}, Line: 2}, "limit": {Texts: []string{"cpu=5%"}, Line: 3}}},
	}
	for _, test := range tests {
		file, err := parse("f", []byte(test.text), keys)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, file.Values); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a", "f:1: expected keys with values"},
		{"- a", "f:1: expected keys with values"},
		{"all: true\nbudgte: 1%", `f:2: unknown key "budgte"; is it budget?`},
		{"x: 1", `f:1: unknown key "x"; the keys are budget, all, name, limit, output, targets`},
		{"targets: a", "f:1: targets: expected a list, in which each entry has keys with values"},
		{"targets:\n- a", "f:2: targets: expected keys with values"},
		{"targets:\n-", "f:2: targets: expected keys with values"},
		{"targets:\n- nmae: a", `f:2: targets: unknown key "nmae"; the keys are name, limit, budget`},
		{"targets:\n- name: a\n  budget: 1", `f:3: targets: budget: "1": must be a percentage`},
		{"targets:\n- name: a\n  name: b", "f:3: targets: name is set twice: it is in line 2 already"},
		{"targets:\n- name: a\n  limit:\n    cpu: 1%\n    cpu: 1%", "f:5: targets: limit: cpu is set twice: it is in line 4 already"},
		{"targets:\n- name: a\n\n- budget: 1%", "f:4: targets: expected a name"},
		{"all: true\n\nall: false", "f:3: all is set twice: it is in line 1 already"},
		{"budget: 5", `f:1: budget: "5": must be a percentage`},
		{"all: true\n---\nbudget: 5%", "f:2: a second document begins here"},
		{"all: true\n---\n]", "f:2: it is no YAML"},
		{"budget:", "f:1: budget: expected a text or a number"},
		{"budget: [1%]", "f:1: budget: expected a text or a number"},
		{"all: yes", `f:1: all: "yes": must be true or false`},
		{"output: xml", `f:1: output: "xml": must be one of text, json`},
		{"name:\n- a\n- [b]", "f:3: name: expected a text"},
		{"name: {a: b}", "f:1: name: expected a text or a list"},
		{"limit:\n  cpu: 1%\n  cpu: 2%", "f:3: limit: cpu is set twice: it is in line 2 already"},
		{"limit:\n  cpu: []", "f:2: limit: cpu: expected a text"},
		{"all: true\nbudget: 1%: 2", "f:2: it is no YAML"},
		{"budget: &a 1%\nname: *a", "f:2: name: expected a text or a list"},
		{strings.Repeat("#", MaxBytes+1), "f: it has more than"},
		{"x: 1\ny: 2", "f:2: unknown key"}, // after the first
	}
	for _, test := range tests {
		if _, err := parse("f", []byte(test.text), keys); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: %v, want %q", test.text, err, test.want)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "otwatch.yaml")
	if err := os.WriteFile(path, []byte("all: true"), 0o600); err != nil {
		t.Fatal(err)
	}
	if file, err := Read(path, keys); err != nil || file.Values["all"].Line != 1 {
		t.Errorf("%+v, %v", file, err)
	}
	if _, err := Read(dir, keys); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Read(path+"x", keys); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("budget: 1%\nname: [a, b]\nlimit: {cpu: 5%}"))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		defer fuzzlimit.Watch(t)()
		file, err := parse("f", text, keys)
		if err == nil && len(file.Values) > len(keys) {
			t.Errorf("%d values", len(file.Values))
		}
	})
}
