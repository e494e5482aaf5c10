package agent

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/testtarget"
)

// TestLayoutOf reads the program's debug information if the table does not have its
// version.
func TestLayoutOf(t *testing.T) {
	stripped := filepath.Join(t.TempDir(), "stripped")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", stripped, "github.com/otwatch/otwatch/testdata/targets/leaks")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := testtarget.Executable(t)
	known, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path, version string
		want                error
	}{
		{"a version that is known", stripped, "v1.47.0", nil},
		{"a newer one", whole, "v1.999.0", nil},
		{"no version", whole, "", nil},
		{"a newer one without debug information", stripped, "v1.999.0", layout.ErrUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := os.Open(test.path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			binary, err := gobinary.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			binary.SDKVersion = test.version
			got, err := layoutOf(binary)
			if !errors.Is(err, test.want) {
				t.Fatalf("%v, want %v", err, test.want)
			}
			if diff := cmp.Diff(known, got); test.want == nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
