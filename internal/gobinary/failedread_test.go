package gobinary

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/testprogram"
)

// failing fails one read, as a disk or a file system's server may.
type failing struct {
	*bytes.Reader
	left int // reads until then
}

func (f *failing) ReadAt(p []byte, offset int64) (int, error) {
	if f.left--; f.left == 0 {
		return 0, &fs.PathError{Op: "read", Path: "program", Err: syscall.EIO}
	}
	return f.Reader.ReadAt(p, offset)
}

// TestFailedReadsAreNotRemembered has reads of a program fail. Whatever was asked fails
// too or is answered correctly, and is answered correctly the next time.
func TestFailedReadsAreNotRemembered(t *testing.T) {
	file, err := os.ReadFile(testprogram.Build(t, testprogram.Reference))
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, testprogram.Reference)
	found, err := whole.Functions("main.main")
	if err != nil || len(found["main.main"]) != 1 {
		t.Fatalf("main.main: %v, %v", found, err)
	}
	address := found["main.main"][0].Address
	for _, test := range []struct {
		name string
		ask  func(*Binary) (any, error)
		next func(read int) int // to fail
	}{
		{"the program", func(b *Binary) (any, error) { return b.SDKVersion, nil }, func(read int) int { return read + 1 }},
		{"frames", func(b *Binary) (any, error) { return b.FramesAt(address) }, func(read int) int { return read + 1 }},
		{"structs", func(b *Binary) (any, error) { return b.Structs("go.opentelemetry.io/otel/sdk/trace.snapshot") },
			func(read int) int { return 2 * read }}, // as each is a second's work
	} {
		t.Run(test.name, func(t *testing.T) {
			want, err := test.ask(whole)
			if err != nil {
				t.Fatal(err)
			}
			failures := 0
			for read := 1; ; read = test.next(read) {
				r := &failing{bytes.NewReader(file), read}
				got, failed, err := insist(r, test.ask)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Fatalf("read %d: %v (-want +got):\n%s", read, err, diff)
				}
				if r.left > 0 {
					break // the question needs fewer reads
				}
				if failed {
					failures++
				}
			}
			if failures == 0 {
				t.Error("no read failed")
			}
		})
	}
}

// insist asks once more if a read failed.
func insist(r io.ReaderAt, ask func(*Binary) (any, error)) (answer any, failed bool, err error) {
	b, err := Read(r)
	if readFailed(err) {
		failed = true
		b, err = Read(r)
	}
	if err != nil {
		return nil, failed, err
	}
	answer, err = ask(b)
	if readFailed(err) {
		failed = true
		answer, err = ask(b)
	}
	return answer, failed, err
}
