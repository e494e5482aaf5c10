package probes

import (
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Span is a span that ended and was randomly chosen to be read.
type Span struct {
	Itab       uint64 // of the interface that it was handed over in
	Name       string // cut off after 64 bytes, as is Scope
	Scope      string
	Attributes uint64
	LocalRoot  bool   // its parent is in another process, or it has none
	StandsFor  uint32 // N if one in N spans was read
}

func spanOf(r bpfSpanRecord) Span {
	return Span{
		Itab: r.Itab, Name: textOf(r.Name, r.NameLen), Scope: textOf(r.Scope, r.ScopeLen), Attributes: r.Attributes,
		LocalRoot: r.Parent == 0 || r.Remote != 0, StandsFor: r.StandsFor,
	}
}

// textOf returns the part of a text of n bytes that was read. If it is not all, it ends
// in "…".
func textOf(read [64]int8, n uint64) string {
	bytes := make([]byte, min(n, uint64(len(read))))
	for i := range bytes {
		bytes[i] = byte(read[i])
	}
	text := strings.ToValidUTF8(string(bytes), "")
	if n > uint64(len(read)) {
		text += "…"
	}
	return untrusted.Text(text, untrusted.MaxName)
}
