package gobinary

import (
	"io"
	"os"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/testprogram"
)

// countingReader counts the bytes that were read.
type countingReader struct {
	io.ReaderAt
	bytes atomic.Int64
}

func (r *countingReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, offset)
	r.bytes.Add(int64(n))
	return n, err
}

func readCounted(t *testing.T) (*Binary, *countingReader) {
	t.Helper()
	file, err := os.Open(testprogram.Build(t, testprogram.ReferenceStripped))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	r := &countingReader{ReaderAt: file}
	b, err := Read(r)
	if err != nil {
		t.Fatal(err)
	}
	return b, r
}

// TestFunctionsAreRemembered reads nothing for names that were looked up before, found or
// not, and returns the same.
func TestFunctionsAreRemembered(t *testing.T) {
	b, r := readCounted(t)
	names := []string{sdkMark, pluginMark, "main.main", "no.such.function", "sync/atomic.(*Pointer["}
	first, err := b.Functions(names...)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := first["no.such.function"]; found || len(first) != 3 {
		t.Errorf("found %v", first)
	}
	before := r.bytes.Load()
	again, err := b.Functions(append(names[1:], sdkMark)...) // in another order
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
	if err := b.RequireSDK(); err != nil {
		t.Error(err)
	}
	if more := r.bytes.Load() - before; more != 0 {
		t.Errorf("%d bytes were read for what was known", more)
	}
}

// TestOnePassReadsAPart of the file, whatever number of functions it looks for.
func TestOnePassReadsAPart(t *testing.T) {
	b, r := readCounted(t)
	size, err := os.Stat(testprogram.Build(t, testprogram.ReferenceStripped))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Functions(sdkMark, "main.main", "runtime.main", "runtime.(*gcControllerState).resetLive"); err != nil {
		t.Fatal(err)
	}
	if part := float64(r.bytes.Load()) / float64(size.Size()); part > 0.25 {
		t.Errorf("%.0f %% of the file were read, want a quarter at the most", part*100)
	}
}

// TestFramesAreRemembered reads nothing the second time.
func TestFramesAreRemembered(t *testing.T) {
	b, r := readCounted(t)
	found, err := b.Functions(sdkMark)
	if err != nil {
		t.Fatal(err)
	}
	address := found[sdkMark][0].Address + 8
	first, err := b.FramesAt(address)
	if err != nil || len(first) == 0 {
		t.Fatalf("%v, %v", first, err)
	}
	before := r.bytes.Load()
	again, err := b.FramesAt(address)
	if err != nil || !cmp.Equal(first, again) || r.bytes.Load() != before {
		t.Errorf("the second time: %v, %v, %d bytes were read; the first time %v", again, err, r.bytes.Load()-before, first)
	}
}
