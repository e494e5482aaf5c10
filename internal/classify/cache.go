package classify

import (
	"sync"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxVerdicts bounds how many stacks' verdicts are remembered: a target has a
// few thousand.
const maxCached = 1 << 15

// verdicts remembers what stacks say, by what they are made of: the same stacks
// are judged every interval. What is remembered is what would be worked out
// again.
var classified = cache{kept: map[uint64]details{}}

type cache struct {
	mu   sync.Mutex
	kept map[uint64]details
}

// located is a verdict, the index of the frame that is the site, -1 for none, and
// the outermost constructor of what is needed once, if any.
type details struct {
	classification
	site        int
	constructor string
	reads       bool // a metric reader is at work
}

func detailsOf(frames []*snapshot.Frame) details {
	return details{classify(frames), siteOf(frames), constructorIn(frames), reads(frames)}
}

// of classifies a stack that NewStack made.
func (m *cache) of(stack snapshot.Stack) details {
	if v, ok := others[stack.ID]; ok {
		return v
	}
	m.mu.Lock()
	v, ok := m.kept[stack.ID]
	m.mu.Unlock()
	if ok {
		return v
	}
	v = detailsOf(stack.Frames)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= maxCached {
		clear(m.kept)
	}
	m.kept[stack.ID] = v
	return v
}

// classNames are the classes as they are shown.
var classNames = [...]string{
	Unclassified: "unclassified", Neutral: "neutral", Application: "application", Tracing: "tracing", Instrumentation: "instrumentation",
	OtherSignal: "other-signal", Mark: "gc-mark", Sweep: "gc-sweep", Transport: "transport", Runtime: "runtime", Scheduler: "scheduler",
}

// Classify says whom a stack works for and, of tracing, at which stage.
func Stack(stack snapshot.Stack) (class, stage string) {
	v := classified.of(stack)
	return classNames[v.class], v.stage
}
