package agent

import (
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
)

// maxPlaces bounds what is remembered of addresses; a program has few sites that
// start spans.
const maxPlaces = 4096

// places names the frames of stacks. The zero value is ready to use.
type places struct {
	process *target.Process
	known   map[uint64][]snapshot.Frame
}

// frames are those of a stack, with the calls inlined in each. But for the leaf,
// an address is the one that a call returns to.
func (p *places) frames(stack []uint64) []snapshot.Frame {
	var frames []snapshot.Frame
	for i, address := range stack {
		if i > 0 {
			address--
		}
		frames = append(frames, p.at(address)...)
	}
	return frames
}

func (p *places) at(address uint64) []snapshot.Frame {
	if frames, ok := p.known[address]; ok {
		return frames
	}
	frames, err := p.process.Binary.FramesAt(address - p.process.Bias)
	if err != nil {
		frames = nil // it is not told then
	}
	if p.known == nil || len(p.known) >= maxPlaces {
		p.known = map[uint64][]snapshot.Frame{}
	}
	p.known[address] = frames
	return frames
}

// startSite is the frame that started a span, the innermost outside the
// OpenTelemetry SDK and API, and its caller: where the first is a helper that all
// spans go through, the second tells.
func startSite(frames []snapshot.Frame) (site, caller snapshot.Frame) {
	for i, f := range frames {
		if ofOpenTelemetry(f.Function) {
			continue
		}
		if site = f; i+1 < len(frames) {
			caller = frames[i+1]
		}
		return site, caller
	}
	return site, caller
}

func ofOpenTelemetry(function string) bool {
	for _, module := range []string{"go.opentelemetry.io/otel", "go.opentelemetry.io/auto/sdk"} {
		rest, ok := strings.CutPrefix(function, module)
		if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ".")) {
			return true
		}
	}
	return false
}
