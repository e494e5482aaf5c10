package classify

import "github.com/otwatch/otwatch/internal/snapshot"

// clientFunctions are those of google.golang.org/grpc that a call of a client goes through
// on the caller's goroutine.
var clientFunctions = []string{"(*ClientConn)*", "(*clientStream)*", "(*addrConnStream)*", "(*csAttempt)*", "invoke", "newClientStream*"}

// callsClient reports whether a stack is in a gRPC client, on the goroutine of its caller.
// What a caller encodes or compresses does not count, nor what an interceptor does: the
// goroutines of the connection have no part in it.
func callsClient(frames []*snapshot.Frame) bool {
	for _, frame := range frames {
		k := lookup(frame.Function)
		switch {
		case k.in(grpcPackage) && k.is(clientFunctions):
			return true
		case k.class != Transport && k.class != Neutral || k.hint != "":
			return false
		}
	}
	return false
}
