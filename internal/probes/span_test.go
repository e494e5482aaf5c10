package probes

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otwatch/otwatch/internal/testtarget"
)

func TestTextOf(t *testing.T) {
	read := func(s string) (text [64]int8) {
		for i := range min(len(s), len(text)) {
			text[i] = int8(s[i])
		}
		return text
	}
	const long = "0123456789012345678901234567890123456789012345678901234567890123"
	tests := []struct {
		name string
		read string
		n    uint64
		want string
	}{
		{"empty", "", 0, ""},
		{"short", "GET /cart", 9, "GET /cart"},
		{"not ASCII", "Straße", 7, "Straße"},
		{"just fits", long, 64, long},
		{"cut off", long, 65, long + "…"},
		{"cut off within a character", long[:63] + "\xc3", 65, long[:63] + "…"},
		{"a length that makes no sense", "abc", 1 << 63, "abc" + strings.Repeat("\ufffd", 61) + "…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := textOf(read(test.read), test.n); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDurationOf(t *testing.T) {
	const monotonic = 1 << 63
	for _, test := range []struct {
		name       string
		start, end [2]uint64
		want       time.Duration
	}{
		{"monotonic", [2]uint64{monotonic | 7, 5e9}, [2]uint64{monotonic | 9, 7e9}, 2 * time.Second},
		{"wall clock", [2]uint64{900, 100}, [2]uint64{400, 101}, time.Second - 500},
		{"of two kinds", [2]uint64{monotonic, 100}, [2]uint64{0, 101}, 0},
		{"not in order", [2]uint64{monotonic, 7}, [2]uint64{monotonic, 5}, 0},
		{"nanoseconds not in order", [2]uint64{400, 100}, [2]uint64{0, 100}, 0},
		{"no end", [2]uint64{0, 1 << 36}, [2]uint64{}, 0},
		{"values that make no sense", [2]uint64{0, 1 << 63}, [2]uint64{0, 1<<63 - 1}, 0},
	} {
		if got := durationOf(test.start, test.end); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSpansAreRead makes 223 spans and wants each of them read, or some.
func TestSpansAreRead(t *testing.T) {
	session := newSession(t)
	for _, test := range []struct {
		oneIn    uint32
		min, max int
	}{{0, 0, 0}, {1, 223, 223}, {8, 1, 100}} {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "223")
		a := attachTo(t, session, program)
		openWith(t, a, Spans, Allowance{Limit: unlimited, ReadOneIn: test.oneIn})
		program.Begin()
		program.AwaitLoad()
		if err := session.Drain(); err != nil {
			t.Fatal(err)
		}
		spans := a.Take().Spans
		if len(spans) < test.min || len(spans) > test.max {
			t.Errorf("one in %d: %d spans were read of 223", test.oneIn, len(spans))
		}
		for _, s := range spans {
			if s.Name != "work" || s.Scope != "reference" || s.Attributes != 4 || !s.LocalRoot || s.Remote || s.Trace == [2]uint64{} || s.Kind != uint64(trace.SpanKindInternal) || s.Duration <= 0 || s.Duration > time.Minute || s.Events != 0 || s.Links != 0 || s.StandsFor != test.oneIn {
				t.Errorf("read %+v", s)
			}
		}
		if u := usage(t, a); u.Unread != 0 || u.Calls["span"] != 223 || u.Roots != 223 {
			t.Errorf("%d calls, %d with roots, of which %d could not be read", u.Calls["span"], u.Roots, u.Unread)
		}
	}
}
