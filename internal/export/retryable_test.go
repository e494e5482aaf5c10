package export

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestUnreachable(t *testing.T) {
	asks := func(code codes.Code, delay *durationpb.Duration) error {
		t.Helper()
		s, err := status.New(code, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: delay})
		if err != nil {
			t.Fatal(err)
		}
		return s.Err()
	}
	tests := []struct {
		name  string
		err   error
		want  bool
		delay time.Duration
	}{
		{"success", nil, false, 0},
		{"away", status.Error(codes.Unavailable, "connection refused"), true, 0},
		{"hanging", status.Error(codes.DeadlineExceeded, "timeout"), true, 0},
		{"busy, says for how long", asks(codes.ResourceExhausted, durationpb.New(7*time.Second)), true, 7 * time.Second},
		{"asks for decades", asks(codes.Unavailable, &durationpb.Duration{Seconds: 1e9}), true, maxWait},
		{"asks for more than a Duration holds", asks(codes.ResourceExhausted, &durationpb.Duration{Seconds: 1 << 60}), true, maxWait},
		{"asks for a moment that is past", asks(codes.Unavailable, &durationpb.Duration{Seconds: -5}), true, 0},
		{"busy for good", status.Error(codes.ResourceExhausted, "quota"), false, 0},
		{"refused", status.Error(codes.InvalidArgument, "bad"), false, 0},
		{"partly refused", errors.New("OTLP partial success"), false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.err
			if err != nil { // as the exporter and the sender wrap it
				err = errors.Join(fmt.Errorf("target 7: %w", errors.Join(nil, err)))
			}
			if got := unreachable(err); got != tt.want {
				t.Errorf("unreachable is %t, want %t", got, tt.want)
			}
			if got := throttle(err); got != tt.delay {
				t.Errorf("throttle is %s, want %s", got, tt.delay)
			}
		})
	}
}
