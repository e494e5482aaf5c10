package audit

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/defects"
	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// TestOf has what an old program with a fork shows.
func TestOf(t *testing.T) {
	const otel, http = "go.opentelemetry.io/otel", "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	modules := []gobinary.Module{
		{Path: "github.com/google/uuid", Version: "v1.6.0"},
		{Path: "go.opentelemetry.io/contrib/exporters/autoexport", Version: "v0.60.0"},
		{Path: http, Version: "v0.43.0"},
		{Path: otel, Version: "v1.40.1", Replacement: "example.com/fork"},
		{Path: otel + "/sdk", Version: "v1.16.0"},
	}
	d := gobinary.Description{GoVersion: "go1.22.1", SDKVersion: "v1.16.0", Modules: modules}
	telemetry := target.Modules(d)
	b := Of(target.Audit{
		Path: "shop", Description: d, Telemetry: telemetry, Unsized: errors.New("unknown"),
		Defects: defects.Find(telemetry, defects.Functions()), Unknown: defects.Unknown(telemetry),
	})
	kinds := []string{}
	for _, m := range b.Modules {
		kinds = append(kinds, m.Kind)
	}
	if want := []string{"settings", "instrumentation", "api", "sdk"}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %q, want %q", kinds, want)
	}
	if b.KnownIssues[0].ID != "CVE-2023-45142" || b.KnownIssues[0].Effect != "vulnerability" || b.KnownIssues[0].Fixed != "v0.44.0" {
		t.Errorf("the first issue is %+v", b.KnownIssues[0])
	}
	if !slices.Equal(b.UnknownVersions, []string{otel}) {
		t.Errorf("unknown: %q, want the fork", b.UnknownVersions)
	}
	if !b.Watchable || b.Why == nil || *b.Why != "unknown" {
		t.Errorf("watchable %v, because %v", b.Watchable, b.Why)
	}
	if b.Settings[0].Module == "" || b.Settings[1].Module != "" {
		t.Errorf("%+v", b.Settings)
	}
}

// TestWhy is a sentence with a subject.
func TestWhy(t *testing.T) {
	for says, want := range map[string]string{
		" is a Go program without OpenTelemetry":           "it is a Go program without OpenTelemetry",
		": cannot locate its functions with certainty: it": "cannot locate its functions with certainty: it",
	} {
		b := Of(target.Audit{Refused: &gobinary.Error{Kind: gobinary.ErrNoSDK, Says: says}})
		if b.Watchable || b.Why == nil || *b.Why != want {
			t.Errorf("%q: watchable %v, because %v", says, b.Watchable, b.Why)
		}
	}
}

// TestKinds has a kind for every module that the table of defects names.
func TestKinds(t *testing.T) {
	for _, d := range defects.All() {
		for _, r := range d.Affects {
			if kind := kindOf(r.Module); kind == "other" || strings.Contains(r.Module, "/instrumentation/") != (kind == "instrumentation") && strings.HasPrefix(r.Module, "go.opentelemetry.io/contrib") {
				t.Errorf("%s is of kind %q", r.Module, kind)
			}
		}
	}
	if got := target.Modules(gobinary.Description{Modules: []gobinary.Module{{Path: "github.com/XSAM/otelsql", Version: "(devel)"}}}); !slices.Equal(got, []snapshot.Module{{Path: "github.com/XSAM/otelsql"}}) {
		t.Errorf("%v", got)
	}
}
