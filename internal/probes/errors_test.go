package probes

import (
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/target"
)

// countedReads counts the reads of a file.
type countedReads struct {
	io.ReaderAt
	reads atomic.Int64
}

func (c *countedReads) ReadAt(p []byte, offset int64) (int, error) {
	c.reads.Add(1)
	return c.ReaderAt.ReadAt(p, offset)
}

// TestErrorsAreNamedByTake reads the program's executable, which may hang, for the names of
// errors' types, but not while records of all targets wait.
func TestErrorsAreNamedByTake(t *testing.T) {
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	executable := &countedReads{ReaderAt: file}
	binary, err := gobinary.Read(executable)
	if err != nil {
		t.Fatal(err)
	}
	const method = "io/fs.(*PathError).Error"
	found, err := binary.Functions(method)
	if err != nil || len(found[method]) == 0 {
		t.Fatalf("%v, %v: no %s", found, err, method)
	}
	const bias = 1 << 32
	a := &Attachment{process: &target.Process{Binary: binary, Bias: bias}, copied: map[uint64]*copiedError{}}
	failed := bpfErrorRecord{Kind: bpfRecordKindRECORD_ERROR, Goroutine: 1, Depth: 1}
	failed.Levels[0].Method = found[method][0].Address + bias
	said := bpfErrorRecord{Kind: bpfRecordKindRECORD_ERROR, Goroutine: 2, Partial: 1}
	said.Levels[0].Read, said.Levels[0].Len = 1, 2
	said.Levels[0].Text[0], said.Levels[0].Text[1] = 'n', 'o'

	before := executable.reads.Load()
	receiveRecord(a, failed)
	receiveRecord(a, said)
	for goroutine := range uint64(3) {
		operation := bpfOperationRecord{Kind: bpfRecordKindRECORD_OPERATION, Goroutine: goroutine, Failed: 1}
		if goroutine == said.Goroutine {
			operation.Failed, operation.Partial = 0, 1
		}
		receiveRecord(a, operation)
	}
	if n := executable.reads.Load() - before; n > 0 {
		t.Errorf("the executable was read %d times while a record was received", n)
	}

	calls := a.Take().Calls
	if len(calls) != 3 || calls[0].Error.Unread != uncopied || calls[2].Error != (Error{}) || calls[2].Message != "no" {
		t.Fatalf("%+v, want an error that was not copied, one more, and a message", calls)
	}
	if unread := calls[1].Error.Unread; !strings.HasSuffix(unread, "io/fs.(*PathError)") {
		t.Errorf("%q, want the type's name", unread)
	}
	if len(a.copied) > 0 {
		t.Errorf("%d errors are kept", len(a.copied))
	}
}

// receiveRecord hands a record over as the ring buffer does.
func receiveRecord[T any](a *Attachment, record T) {
	a.receive(unsafe.Slice((*byte)(unsafe.Pointer(&record)), unsafe.Sizeof(record)))
}
