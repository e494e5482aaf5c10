package memory

import (
	"errors"
	"os"
	"testing"
	"unsafe"
)

// exportedLogs, logChannel and logQueueImage are laid out as exportData, runtime.hchan and queue.
type (
	exportedLogs  struct{ _, records, _ [2]uint64 }
	logChannel    struct{ count, capacity, buffer uint64 }
	logQueueImage struct{ mutex, dropped, capacity, length, read, write uint64 }
)

// pinned are the values whose addresses are taken: the others are on a stack, which moves, or freed.
var pinned []any

func at[T any](v *T) uint64 {
	pinned = append(pinned, v)
	return uint64(uintptr(unsafe.Pointer(v)))
}

// TestExamineLogs reads processors of both layouts.
func TestExamineLogs(t *testing.T) {
	methods := map[uint64]string{
		1: "go.opentelemetry.io/otel/sdk/log.(*chunkExporter).Export",
		2: "go.opentelemetry.io/otel/sdk/log.(*timeoutExporter).Export",
		3: "main.(*exporter).Export",
	}
	resolve := func(address uint64) (string, bool) { name, ok := methods[address]; return name, ok }
	itab := func(method uint64) uint64 { return at(&[4]uint64{3: method}) }
	timeout := [2]uint64{itab(3), 0}
	chunk := [2]uint64{itab(2), at(&timeout)}
	batches := [2]exportedLogs{{records: [2]uint64{8, 512}}, {}} // the other one was received
	channel := logChannel{1, 2, at(&batches)}
	buffer := [3]uint64{itab(1), at(&chunk), at(&channel)}
	queue := logQueueImage{0, 5, 2048, 400, 8, 8}
	cut := logQueueImage{0, 5, 300, 400, 8, 8}
	for _, test := range []struct {
		name      string
		processor [3]uint64
		want      LogReading
		fails     bool
	}{
		{"up to v0.20", [3]uint64{at(&buffer), at(&queue), 512}, LogReading{Queue: 400, Waiting: 512, Dropped: 5}, false},
		{"since v0.21", [3]uint64{itab(1), at(&chunk), at(&queue)}, LogReading{Queue: 400, Dropped: 5}, false},
		{"more than it has room for", [3]uint64{itab(1), at(&chunk), at(&cut)}, LogReading{}, true},
		{"no wrapper", [3]uint64{itab(3), 0, at(&queue)}, LogReading{}, true},
		{"no processor", [3]uint64{8, 8, 8}, LogReading{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Reader{PID: os.Getpid()}
			p, err := ExamineLogs(r, at(&test.processor), resolve)
			if test.fails {
				if !errors.Is(err, ErrNotLogProcessor) {
					t.Errorf("%+v, %v; want ErrNotLogProcessor", p, err)
				}
				return
			}
			if err != nil || p.Wrapper != at(&timeout) || p.Capacity != 2048 || p.Buffer != 2 && p.input != 0 || p.Buffer != 0 && p.input == 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			if got, err := p.Read(r); err != nil || got != test.want {
				t.Errorf("%+v, %v; want %+v", got, err, test.want)
			}
			channel.capacity = mostBuffered + 1
			if _, err := p.Read(r); (err != nil) != (p.input != 0) {
				t.Errorf("a channel that is none: %v", err)
			}
			channel.capacity = 2
		})
	}
}
