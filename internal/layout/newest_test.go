package layout_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/testtarget"
)

func TestMain(m *testing.M) { testtarget.Main(m) }

// TestTableAgreesWithTheNewest reads the layouts that the table must have for the versions
// that this module is built with: of the SDK, the newest that it knows.
func TestTableAgreesWithTheNewest(t *testing.T) {
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
	for _, test := range []struct {
		part    layout.Part
		version string
	}{{layout.SDK, program.SDKVersion}, {layout.Runtime, program.GoVersion}} {
		structs, err := program.Structs(test.part.Structs()...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := test.part.FromDebug(structs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := test.part.Of(test.version)
		if err != nil {
			t.Fatalf("%v; run make offsets", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: run make offsets (-want +got):\n%s", test.version, diff)
		}
	}
}
