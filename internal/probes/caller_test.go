package probes

import (
	"slices"
	"testing"
)

func TestWithReturn(t *testing.T) {
	for _, test := range []struct {
		name      string
		stack     []uint64
		frames    uint32
		returnsTo uint64
		want      []uint64
	}{
		{"that the frame pointers skip", []uint64{1, 3, 0}, 2, 2, []uint64{1, 2, 3}},
		{"that the kernel has added", []uint64{1, 2, 3}, 3, 2, []uint64{1, 2, 3}},
		{"of the outermost function", []uint64{1, 0, 0}, 1, 2, []uint64{1, 2}},
		{"that is not known", []uint64{1, 3, 0}, 2, 0, []uint64{1, 3}},
		{"of no stack", []uint64{0, 0, 0}, 0, 2, nil},
		{"of more frames than there is room for", []uint64{1, 2}, 9, 2, []uint64{1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := withReturn(test.stack, test.frames, test.returnsTo); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
