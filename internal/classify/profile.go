package classify

import (
	"strings"
	"unsafe"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// MaxProfileBytes bounds the stacks that are kept of one target for a profile: some
// 10,000 of the usual depth, where a program has a few thousand.
const MaxProfileBytes = 8 << 20

// Profiled are the stacks that were sampled of one target, for a profile. When they
// take MaxProfileBytes, those that are new are counted together by class and stage,
// each under a frame that says so. The zero value is empty.
type Profile struct {
	samples snapshot.Samples
	at      map[uint64]int                     // where a stack stands, by ID
	frames  map[snapshot.Frame]*snapshot.Frame // each once, whatever the stacks share
	bytes   int
}

// Add enters what was sampled in the next interval.
func (p *Profile) Add(s snapshot.Samples) {
	if p.at == nil {
		p.at, p.frames = map[uint64]int{}, map[snapshot.Frame]*snapshot.Frame{}
	}
	p.samples.Hz = s.Hz
	p.samples.SetAside += s.SetAside
	p.samples.Trapped += s.Trapped
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

// own is a stack of frames that no other place has a copy of.
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

// Samples are all that were entered, which the next Add changes.
func (p *Profile) Samples() snapshot.Samples { return p.samples }

// Size is about how many bytes the stacks take.
func (p *Profile) Size() int { return p.bytes }

// Fold counts all stacks together by class and stage, where others need the room.
func (p *Profile) Fold() {
	whole := p.samples
	*p = Profile{}
	for i, stack := range whole.Stacks {
		whole.Stacks[i] = otherStack(stack)
	}
	p.Add(whole)
}

// others are what the stacks say that stand for all others of their class and stage,
// by ID.
var others = func() map[uint64]details {
	known := map[uint64]details{}
	for c := range classNames {
		for _, stage := range append([]string{""}, directStages...) {
			v := classification{class: Class(c), stage: stage}
			known[v.other().ID] = details{classification: v, site: -1}
		}
	}
	return known
}()

// otherStack stands for a stack, and all others that say the same.
func otherStack(of snapshot.Stack) snapshot.Stack {
	other := classified.of(of).other()
	other.Count = of.Count
	return other
}

// other is a stack that Classify finds this class and stage for.
func (v classification) other() snapshot.Stack {
	name := "[other stacks: " + classNames[v.class]
	if v.stage != "" {
		name += ", " + v.stage
	}
	return snapshot.NewStack(0, &snapshot.Frame{Function: name + "]"})
}
