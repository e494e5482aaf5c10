package defects

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestTable has the shape of every row: versions that exist in the order of the range, a source that
// can be opened, and words that fit into a sentence.
func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^(CVE-\d{4}-\d{4,}|GO-\d{4}-\d{4}|[a-z0-9]+(-[a-z0-9]+)+)$`)
	var ids []string
	for _, d := range table {
		if !name.MatchString(d.ID) || slices.Contains(ids, d.ID) {
			t.Errorf("%q is no name of its own", d.ID)
		}
		ids = append(ids, d.ID)
		if source, err := url.Parse(d.Source); err != nil || source.Scheme != "https" || source.Host == "" || strings.HasSuffix(source.Path, "/") {
			t.Errorf("%s: source %q", d.ID, d.Source)
		}
		if numbered := strings.HasPrefix(d.ID, "CVE-") || strings.HasPrefix(d.ID, "GO-"); numbered != (d.Effect == Vulnerability) {
			t.Errorf("%s has a number as vulnerabilities have: %v, and is a %v", d.ID, numbered, d.Effect)
		}
		for _, words := range []string{d.Says, d.Instead} {
			if strings.HasSuffix(words, ".") || words != strings.TrimSpace(words) || strings.ContainsAny(words, "\n\t") {
				t.Errorf("%s: %q", d.ID, words)
			}
		}
		if len(d.Says) < 20 || len(d.Affects) == 0 {
			t.Errorf("%s says %q and affects %v", d.ID, d.Says, d.Affects)
		}
		if d.Intended != slices.ContainsFunc(d.Affects, func(r Range) bool { return r.Before == "" }) {
			t.Errorf("%s: a defect without a cure is a change that was intended", d.ID)
		}
		for _, r := range d.Affects {
			checkRange(t, d.ID, r)
		}
		for _, f := range d.Functions {
			if !slices.ContainsFunc(d.Affects, func(r Range) bool { return strings.HasPrefix(f, r.Module) }) && !strings.HasPrefix(f, "net/http.") {
				t.Errorf("%s: %s is not of a module that is affected", d.ID, f)
			}
		}
	}
}

func checkRange(t *testing.T, id string, r Range) {
	t.Helper()
	if err := module.CheckPath(r.Module); err != nil {
		t.Errorf("%s: %v", id, err)
	}
	for _, v := range []string{r.From, r.Before} {
		if v != "" && (v != semver.Canonical(v) || module.IsPseudoVersion(v) || module.CheckPathMajor(v, pathMajor(r.Module)) != nil) {
			t.Errorf("%s: %q is no version of %s", id, v, r.Module)
		}
	}
	if r.From == "" && r.Before == "" || r.From != "" && r.Before != "" && semver.Compare(r.From, r.Before) >= 0 {
		t.Errorf("%s: %s from %q before %q is no range", id, r.Module, r.From, r.Before)
	}
}

func pathMajor(path string) string {
	_, major, _ := module.SplitPathVersion(path)
	return major
}

// TestFind goes by the ends of a range, and by what is no release.
func TestFind(t *testing.T) {
	for _, test := range []struct {
		name, path, version string
		has                 bool
		unreleased          bool
	}{
		{"before", otel, "v1.35.0", false, false},
		{"first", otel, "v1.36.0", true, false},
		{"last", otel, "v1.40.0", true, false},
		{"cured", otel, "v1.41.0", false, false},
		{"a release candidate of the cure", otel, "v1.41.0-rc.1", true, false},
		{"a commit after the last release with it", otel, "v1.40.1-0.20260210120000-0123456789ab", true, true},
		{"a commit after the cure", otel, "v1.41.1-0.20260310120000-0123456789ab", false, false},
		{"built from a directory", otel, "", false, false},
		{"no version", otel, "(devel)", false, false},
		{"nonsense", otel, "v1.x\x00", false, false},
		{"another module", otel + "/trace", "v1.38.0", false, false},
	} {
		found := Find([]snapshot.Module{{Path: test.path, Version: test.version}}, Functions())
		i := slices.IndexFunc(found, func(f Found) bool { return f.ID == "CVE-2026-29181" })
		if (i >= 0) != test.has || i >= 0 && found[i].Unreleased != test.unreleased {
			t.Errorf("%s: found %v", test.name, found)
		}
		if Affected("CVE-2026-29181", snapshot.Module{Path: test.path, Version: test.version}) != test.has {
			t.Errorf("%s: Affected differs from Find", test.name)
		}
	}
}

// TestFindLinked leaves out defects of functions that the program does not have.
func TestFindLinked(t *testing.T) {
	modules := []snapshot.Module{{Path: otel, Version: "v1.40.0"}, {Path: traceHTTP, Version: "v1.40.0"}}
	found := Find(modules, nil)
	if !slices.ContainsFunc(found, func(f Found) bool { return f.ID == "CVE-2026-39882" }) {
		t.Error("CVE-2026-39882 is not found, which any program with the module has")
	}
	if slices.ContainsFunc(found, func(f Found) bool { return f.Module == otel }) {
		t.Errorf("found %v of functions that are not linked", found)
	}
}

// TestFindOrder has the most severe defects first.
func TestFindOrder(t *testing.T) {
	found := Find([]snapshot.Module{{Path: sdk, Version: "v1.7.0"}, {Path: otelGRPC, Version: "v0.45.0"}, {Path: sdkLog, Version: "v0.20.0"}}, Functions())
	if len(found) < 3 || found[0].Effect != Vulnerability || !slices.IsSortedFunc(found, func(a, b Found) int { return int(a.Effect) - int(b.Effect) }) {
		t.Errorf("%v", found)
	}
}

func TestUnknown(t *testing.T) {
	got := Unknown([]snapshot.Module{{Path: otel, Version: "v1.40.0"}, {Path: sdk}, {Path: "example.com/otel"}, {Path: otelHTTP, Version: "(devel)"}})
	if want := []string{sdk, otelHTTP}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
