package snapshot

// MaxForeign bounds Foreign.Functions.
const MaxForeign = 16

// Foreign are the breakpoints in the target's code that are not otwatch's, as they were last
// looked for. Those of another otwatch, which are where its own are, are not among them. Unlike
// the rest of a Snapshot they are not of the interval. Merging two Snapshots keeps those of the
// later one.
type Foreign struct {
	Looked    bool              // they were looked for
	Places    uint64            // instructions
	Cut       bool              // there may be more
	Functions []ForeignFunction // those with the most first, MaxForeign at most
	Tracer    string            // name of the debugger that is attached; empty if there is none
}

// ForeignFunction is a function with such breakpoints.
type ForeignFunction struct {
	Name   string
	Places uint64
}
