package export

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// unreachable reports whether an export failed because the receiver was away or
// overloaded, so that the same metrics may be sent again soon, or takes no metrics from
// otwatch at all until somebody changes the settings. Any other failure would be repeated,
// and concerns one target. Source: OTLP specification, "OTLP/gRPC Response" and
// "OTLP/HTTP Response", failures.
func unreachable(err error) bool {
	var a *answer
	if errors.As(err, &a) {
		return a.concernsAll()
	}
	if sent := (*url.Error)(nil); errors.As(err, &sent) {
		return true // there was no answer
	}
	switch status.Code(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss,
		codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return true
	case codes.ResourceExhausted:
		return throttle(err) > 0
	default:
		return false
	}
}

// concernsAll reports whether the receiver would answer the same for every target.
func (a *answer) concernsAll() bool {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired,
		http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusNotImplemented, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusBadRequest:
		return strings.Contains(a.words, "HTTP request to an HTTPS server")
	}
	return a.status/100 < 4 // a redirect, or a web page
}

// throttle is how long the receiver asked to wait, at most maxWait, or 0.
func throttle(err error) time.Duration {
	var a *answer
	if errors.As(err, &a) {
		return a.wait
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return boundedWait(info.GetRetryDelay().AsDuration())
		}
	}
	return 0
}

// partial reports whether the receiver took only a part of the metrics. It must not get
// them again. The exporters' type of this error is internal to them.
func partial(err error) bool {
	return err != nil && strings.Contains(err.Error(), "OTLP partial success:")
}
