package layout_test

import (
	"debug/buildinfo"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/testtarget"
)

func TestMain(m *testing.M) { testtarget.Main(m) }

// TestTableAgreesWithTheNewestSDK reads the layout that the table must have for
// the version that this module uses, the newest that it knows.
func TestTableAgreesWithTheNewestSDK(t *testing.T) {
	path := testtarget.Executable(t)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	program, err := gobinary.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	structs, err := program.Structs(layout.Structs()...)
	if err != nil {
		t.Fatal(err)
	}
	want, err := layout.FromDebug(structs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := layout.Of(sdkVersion(t, path))
	if err != nil {
		t.Fatalf("%v; run make offsets", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run make offsets (-want +got):\n%s", diff)
	}
}

// sdkVersion is that of the SDK that a program is built with.
func sdkVersion(t *testing.T, path string) string {
	t.Helper()
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range info.Deps {
		if module.Path == "go.opentelemetry.io/otel/sdk" {
			return module.Version
		}
	}
	t.Fatal("the program is built without the SDK")
	return ""
}
