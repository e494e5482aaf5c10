package memory

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/layout"
)

// span is a recordingSpan of v1.47 in this process's memory, by its words.
func span(id, wall, ext, length, capacity uint64) *[60]uint64 {
	s := new([60]uint64)
	s[192/8+2], s[136/8], s[136/8+1], s[256/8+1], s[256/8+2] = id, wall, ext, length, capacity
	return s
}

// TestReadStarted reads spans of every kind at once, of this process.
func TestReadStarted(t *testing.T) {
	lies, err := layout.SDK.Of("v1.47.0")
	if err != nil {
		t.Fatal(err)
	}
	spans := []*[60]uint64{
		span(7, 0, 0, 2, 2), span(8, 1<<63, 0, 0, 0), span(9, 0, 5, 1, 128), span(10, 0, 0, 3, 2), span(11, 0, 0, 1<<40, 1<<40),
	}
	var addresses []uint64
	for _, s := range spans {
		addresses = append(addresses, uint64(uintptr(unsafe.Pointer(s))))
	}
	addresses = append(addresses[:2:2], append([]uint64{16}, addresses[2:]...)...) // nothing is there
	started := NewStarted(Reader{PID: os.Getpid()}, lies)
	if started.IDOffset() != 208 {
		t.Errorf("span ids are read at %d, want 208", started.IDOffset())
	}
	got, err := started.Read(addresses)
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(spans)
	want := []StartedSpan{
		{ID: 7, Bytes: 480 + 2*64}, {ID: 8, Ended: true, Bytes: 480}, {}, {ID: 9, Ended: true, Bytes: 480 + 128*64},
		{ID: 10, Bytes: 480}, {ID: 11, Bytes: 480}, // no slices
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReadManyPieces takes several system calls, and passes over each piece that
// cannot be read.
func TestReadManyPieces(t *testing.T) {
	const pieces = 2*readMax + 7
	memory := make([]byte, 8*pieces)
	var addresses []uint64
	for i := range pieces {
		memory[8*i] = byte(i)
		addresses = append(addresses, uint64(uintptr(unsafe.Pointer(&memory[8*i]))))
	}
	for _, hole := range []int{0, 5, 6, readMax, pieces - 1} {
		addresses[hole] = 16
	}
	buf := make([]byte, 8*pieces)
	read, err := (Reader{PID: os.Getpid()}).ReadEach(addresses, 8, buf)
	runtime.KeepAlive(memory)
	if err != nil {
		t.Fatal(err)
	}
	for i, ok := range read {
		if ok == (addresses[i] == 16) || ok && buf[8*i] != byte(i) {
			t.Errorf("piece %d: read %v, holds %d", i, ok, buf[8*i])
		}
	}
}
