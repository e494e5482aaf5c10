package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/audit"
)

// TestAudit keeps versions whole, and makes no claim of modules that are not recorded.
func TestAudit(t *testing.T) {
	why := "it was built without modules"
	grpc := audit.Module{Path: "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc", Version: "v0.46.0", Kind: "instrumentation"}
	for _, test := range []struct {
		name string
		of   audit.Binary
		want string
	}{
		{"a long path", audit.Binary{Watchable: true, Modules: []audit.Module{grpc}}, "instrumentation contrib/instrumentation/google.golang.org/grpc/otelgrpc\n                  v0.46.0\n"},
		{"no defect", audit.Binary{Watchable: true, Modules: []audit.Module{grpc}}, "KNOWN ISSUES\n  none            of the defects"},
		{"no modules", audit.Binary{Why: &why}, "KNOWN ISSUES\n  none known      the executable records no modules"},
	} {
		var b strings.Builder
		if err := Audit(&b, []audit.Binary{test.of}, Screen{Width: 80}); err != nil || !strings.Contains(b.String(), test.want) {
			t.Errorf("%s: %v, %q lacks %q", test.name, err, b.String(), test.want)
		}
	}
}
