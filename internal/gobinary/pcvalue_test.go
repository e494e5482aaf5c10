package gobinary

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

type step struct {
	Value int32
	End   uint64
}

func TestSteps(t *testing.T) {
	tests := []struct {
		name    string
		data    []byte
		quantum uint64
		want    []step
		fails   bool
	}{
		{"one value", []byte{2, 5, 0}, 1, []step{{0, 5}}, false},
		{"up and down", []byte{2, 5, 4, 1, 3, 2, 0}, 1, []step{{0, 5}, {2, 6}, {0, 8}}, false},
		{"nothing at first", []byte{0, 3, 2, 1, 0}, 1, []step{{-1, 3}, {0, 4}}, false},
		{"instructions of four bytes", []byte{2, 5, 0}, 4, []step{{0, 20}}, false},
		{"long numbers", []byte{0x82, 0x01, 0xac, 0x02, 0}, 1, []step{{64, 300}}, false},
		{"no end", []byte{2, 5}, 1, []step{{0, 5}}, true},
		{"cut short", []byte{2}, 1, nil, true},
		{"too long a number", []byte{0x80, 0x80, 0x80, 0x80, 0x80, 1}, 1, nil, true},
	}
	for _, test := range tests {
		var got []step
		err := steps(bytes.NewReader(test.data), test.quantum, func(value int32, end uint64) bool {
			got = append(got, step{value, end})
			return true
		})
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != test.fails {
			t.Errorf("%s: error %v (-want +got)\n%s", test.name, err, diff)
		}
	}
}

func FuzzSteps(f *testing.F) {
	f.Add([]byte{2, 5, 4, 1, 3, 2, 0}, uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, quantum uint8) {
		defer fuzzlimit.Watch(t)()
		n, last := 0, uint64(0)
		_ = steps(bytes.NewReader(data), uint64(quantum), func(_ int32, end uint64) bool {
			if end < last {
				t.Errorf("from %d back to %d", last, end)
			}
			n, last = n+1, end
			return true
		})
		if n > len(data)/2 {
			t.Errorf("%d values in %d bytes", n, len(data))
		}
	})
}
