package target

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxStackFrames bounds the frames of one stack: 127 addresses with the calls inlined
// there.
const maxStackFrames = 1 << 10

// foreign is what stands in a stack for an address outside Go code.
var foreign = []*snapshot.Frame{{}}

// Frames are those of a stack in the process, user addresses with the leaf first,
// and the calls inlined in each. But for the leaf, an address is the one that a
// call returns to, which may be the next function's first. Outside Go code, and
// where it cannot be told, a frame is the zero one. None must be modified.
func (p *Process) Frames(stack []uint64) []*snapshot.Frame {
	var room [128]*snapshot.Frame // more than nearly all stacks need
	frames := room[:0]
	for i, address := range stack {
		if i > 0 {
			address--
		}
		at, err := p.Binary.FramesAt(address - p.Bias)
		if err != nil || len(at) == 0 {
			at = foreign
		}
		if len(frames) >= maxStackFrames {
			at = at[len(at)-1:]
		}
		frames = append(frames, at...)
	}
	return slices.Clone(frames)
}
