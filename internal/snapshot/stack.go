package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/maphash"
)

// Frame is a place in a call stack: a function's name as in .gopclntab, with the source file
// as the compiler wrote it and the line, if they are known. The zero Frame is outside Go
// code.
type Frame struct {
	Function string
	File     string
	Line     int
}

// Name is the function's name; outside Go code, it says that.
func (f Frame) Name() string {
	if f.Function == "" {
		return "[not Go]"
	}
	return f.Function
}

// String is the function and, if they are known, the file and line. A file of the module
// cache begins with its module and version.
func (f Frame) String() string {
	if f.File == "" {
		return f.Function
	}
	return fmt.Sprintf("%s (%s:%d)", f.Function, f.modulePath(), f.Line)
}

// Stack is a call stack and how often it was sampled. Frames begin with the leaf and include
// inlined calls. Stacks share frames: thousands of stacks go through the same few hundred
// places. ID identifies the frames within one run of otwatch, so that stacks merge and
// are found in caches without comparing frames. Make a Stack with NewStack.
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

// seed is random, so that no program can be built to have a stack with the ID of another
// program's stack: it would be taken for that one.
var seed = maphash.MakeSeed()

// identify hashes frames to 64 bits. With a million stacks, far more than a target has, two
// have the same hash once in 37 million runs.
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
