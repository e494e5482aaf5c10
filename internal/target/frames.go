package target

import (
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxStackFrames bounds the frames of one stack: 127 addresses with the calls inlined
// there.
const maxStackFrames = 1 << 10

// foreign is the frame for an address outside Go code.
var foreign = []*snapshot.Frame{{}}

// Frames returns the functions of a stack in the process, with the calls that are inlined
// in each, the innermost first. The stack has user addresses, the leaf first. All but the
// leaf are return addresses, which may be the first of the next function. A frame is zero
// if its address is outside Go code or cannot be looked up. The frames must not be
// modified.
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
