package accounting

import (
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// createdFrames is how many frames there are up to the one that creates something.
const createdFrames = 6

// kindCreated is what the innermost frames create, with the frames that ask for it: a tracer, or
// an instrumentation, by the name of its constructor; "" if it is of no interest.
func kindCreated(frames []*snapshot.Frame) (kind string, from []*snapshot.Frame) {
	constructor := ""
	for i, f := range frames[:min(len(frames), createdFrames)] {
		if f.Function == "go.opentelemetry.io/otel/sdk/trace.(*TracerProvider).Tracer" {
			return snapshot.Tracer, frames
		}
		if name, ok := strings.CutPrefix(f.Function, "go.opentelemetry.io/contrib/instrumentation/"); ok {
			constructor, from = name[strings.LastIndexByte(name, '/')+1:], frames[i+1:]
		}
	}
	if _, name, _ := strings.Cut(constructor, "."); !strings.HasPrefix(name, "New") && !strings.HasSuffix(name, "Interceptor") {
		return "", nil
	}
	return constructor, from
}
