package classify

import (
	"strings"
	"unsafe"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// MaxProfileBytes bounds the stacks of one Profile: some 10,000 of the usual depth. A
// program has a few thousand.
const MaxProfileBytes = 8 << 20

// Profile keeps the stacks that were sampled of one target. When they take
// MaxProfileBytes, new stacks are counted together by class and stage, under a frame that
// says so. The zero value is empty.
type Profile struct {
	samples snapshot.Samples
	at      map[uint64]int                     // index of a stack, by ID
	frames  map[snapshot.Frame]*snapshot.Frame // each once: stacks share them
	bytes   int
}

// Add enters the samples of the next interval.
func (p *Profile) Add(s snapshot.Samples) {
	if p.at == nil {
		p.at, p.frames = map[uint64]int{}, map[snapshot.Frame]*snapshot.Frame{}
	}
	p.samples.Hz = s.Hz
	p.samples.SetAside += s.SetAside
	p.samples.Trapped += s.Trapped
	p.samples.Foreign += s.Foreign
	p.samples.Lost += s.Lost
	for _, stack := range s.Stacks {
		p.add(stack)
	}
}

func (p *Profile) add(stack snapshot.Stack) {
	if _, known := p.at[stack.ID]; !known && p.bytes >= MaxProfileBytes {
		stack = otherStack(stack)
	}
	if i, known := p.at[stack.ID]; known {
		p.samples.Stacks[i].Count += stack.Count
		return
	}
	p.at[stack.ID] = len(p.samples.Stacks)
	p.samples.Stacks = append(p.samples.Stacks, p.own(stack))
}

// own returns a copy of a stack that shares no memory but that of this Profile's frames.
func (p *Profile) own(stack snapshot.Stack) snapshot.Stack {
	const entry = 32 // of at
	p.bytes += int(unsafe.Sizeof(stack)) + entry + len(stack.Frames)*int(unsafe.Sizeof(&snapshot.Frame{}))
	frames := make([]*snapshot.Frame, len(stack.Frames))
	for i, f := range stack.Frames {
		own := p.frames[*f]
		if own == nil {
			own = &snapshot.Frame{Function: strings.Clone(f.Function), File: strings.Clone(f.File), Line: f.Line}
			p.frames[*own] = own
			p.bytes += 3*int(unsafe.Sizeof(*own)) + len(f.Function) + len(f.File)
		}
		frames[i] = own
	}
	stack.Frames = frames
	return stack
}

// Samples are all samples so far. The next Add changes them.
func (p *Profile) Samples() snapshot.Samples { return p.samples }

// Size is about how many bytes the stacks take.
func (p *Profile) Size() int { return p.bytes }

// Fold counts all stacks together by class and stage, to make room for others.
func (p *Profile) Fold() {
	whole := p.samples
	*p = Profile{}
	for i, stack := range whole.Stacks {
		whole.Stacks[i] = otherStack(stack)
	}
	p.Add(whole)
}

// others are the details of stacks that stand for all others of a class and stage, by ID.
var others = func() map[uint64]details {
	known := map[uint64]details{}
	for c := range classNames {
		for _, stage := range append([]string{""}, directStages...) {
			v := classification{class: Class(c), stage: stage}
			known[v.other().ID] = details{classification: v, site: -1, library: -1}
		}
	}
	return known
}()

// otherStack stands for a stack and all others of its class and stage.
func otherStack(of snapshot.Stack) snapshot.Stack {
	other := classified.of(of).other()
	other.Count = of.Count
	return other
}

// other is the stack that stands for this class and stage.
func (v classification) other() snapshot.Stack {
	name := "[other stacks: " + classNames[v.class]
	if v.stage != "" {
		name += ", " + v.stage
	}
	return snapshot.NewStack(0, &snapshot.Frame{Function: name + "]"})
}
