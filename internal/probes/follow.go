package probes

// Start is a span that was started and randomly chosen to be followed. Stack has user
// addresses, the leaf first.
type Start struct {
	Span      uint64 // address of the recordingSpan
	ID        uint64 // its span id
	StartedNS uint64
	StandsFor uint32 // N if one in N spans was chosen
	Name      string // cut off after 64 bytes; empty if it could not be read
	Goroutine uint64 // address of the runtime.g that it was started on
	Stack     []uint64
}

// End is a call of End of a span that is followed. It is seen only while the probes on
// the path of every span are open.
type End struct {
	Span    uint64
	ID      uint64
	EndedNS uint64
}

func startOf(r bpfStartedRecord) Start {
	frames := min(int(r.Frames), len(r.Stack))
	return Start{
		Span: r.Span, ID: r.Id, StartedNS: r.StartedNs, StandsFor: r.StandsFor,
		Name: textOf(r.Name, r.NameLen), Goroutine: r.Goroutine, Stack: append([]uint64(nil), r.Stack[:frames]...),
	}
}

func endOf(r bpfEndedRecord) End { return End{Span: r.Span, ID: r.Id, EndedNS: r.EndedNs} }
