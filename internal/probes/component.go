package probes

// Built is a component of the SDK that a constructor has returned. Stack has user addresses,
// the constructor's first and its caller's second.
type Built struct {
	Component uint64 // its address; 0 if that is not known
	Kind      string // by the name of the catalogue's row, as in "TracerProvider"
	BuiltNS   uint64 // CLOCK_MONOTONIC
	Stack     []uint64
}

// Stopped is a component that is being shut down. Some are shut down twice.
type Stopped struct {
	Component uint64 // its address
	StoppedNS uint64 // CLOCK_MONOTONIC
}

func builtOf(r bpfBuiltRecord) Built {
	built := Built{Component: r.Component, BuiltNS: r.BuiltNs, Stack: withReturn(r.Stack[:], r.Frames, r.Caller)}
	if int(r.Probe) < len(catalogue) {
		built.Kind = catalogue[r.Probe].Name
	}
	return built
}
