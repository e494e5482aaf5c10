package export

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// unreachable reports whether an export failed because the receiver was away or
// overloaded, so that the same metrics may be sent again soon. Any other failure would be
// repeated. Source: OTLP specification, "OTLP/gRPC Response", failures.
func unreachable(err error) bool {
	switch status.Code(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
		return true
	case codes.ResourceExhausted:
		return throttle(err) > 0
	default:
		return false
	}
}

// throttle is how long the receiver asked to wait, or 0.
func throttle(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}
