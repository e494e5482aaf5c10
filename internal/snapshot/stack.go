package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/maphash"
)

// Frame is a place in a call stack: a function's name as in .gopclntab and,
// where they are known, the source file as the compiler wrote it down and the
// line. The zero Frame is one outside Go code.
type Frame struct {
	Function string
	File     string
	Line     int
}

// String names the place.
func (f Frame) String() string {
	if f.File == "" {
		return f.Function
	}
	return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line)
}

// Stack is a call stack and how often it was sampled. Frames are the leaf
// first, inlined calls among them; stacks share them, since thousands are kept that
// lead through the same few hundred places. ID is made of the frames alone, in each
// run another, so that stacks merge, and what was worked out of one is found again,
// without a look at them: make a Stack with NewStack.
type Stack struct {
	ID     uint64
	Frames []*Frame
	Count  uint64
}

// NewStack returns a Stack of frames that are not modified afterwards.
func NewStack(count uint64, frames ...*Frame) Stack {
	return Stack{ID: identify(frames), Frames: frames, Count: count}
}

// UnmarshalJSON reads null for a frame as the zero one.
func (s *Stack) UnmarshalJSON(text []byte) error {
	var read struct {
		ID     uint64
		Frames []Frame
		Count  uint64
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*s = Stack{ID: read.ID, Count: read.Count}
	if read.Frames != nil {
		s.Frames = make([]*Frame, len(read.Frames))
	}
	for i := range read.Frames {
		s.Frames[i] = &read.Frames[i]
	}
	return nil
}

// seed is another one in each run, so that no program can be made to have a stack with
// the ID of another program's: what one says would be taken for what the other does.
var seed = maphash.MakeSeed()

// identify hashes frames to 64 bits: among a million stacks, far more than a
// target has, two share a number once in 37 million runs.
func identify(frames []*Frame) uint64 {
	var hash maphash.Hash
	hash.SetSeed(seed)
	var end [9]byte // a zero, which no name holds, and the line
	for _, f := range frames {
		_, _ = hash.WriteString(f.Function) // never fails
		_ = hash.WriteByte(0)
		_, _ = hash.WriteString(f.File)
		binary.LittleEndian.PutUint64(end[1:], uint64(f.Line))
		_, _ = hash.Write(end[:])
	}
	return hash.Sum64()
}
