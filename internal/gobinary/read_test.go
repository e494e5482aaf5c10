package gobinary

import (
	"os"
	"testing"

	"github.com/otwatch/otwatch/internal/testprogram"
)

func TestMain(m *testing.M) { testprogram.Main(m) }

// read parses a variant; its file is closed with the test.
func read(t testing.TB, v testprogram.Variant) *Binary {
	t.Helper()
	file, err := os.Open(testprogram.Build(t, v))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	b, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
