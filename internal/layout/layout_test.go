package layout

import (
	"errors"
	"testing"

	"github.com/otwatch/otwatch/internal/debuginfo"
)

func TestOf(t *testing.T) {
	for _, test := range []struct {
		version string
		endTime uint64 // 0: unknown
	}{
		{"v1.7.0", 120}, {"v1.19.0", 120}, {"v1.20.0", 136}, {"v1.20.7", 136}, {"v1.47.0", 136},
		{"v1.6.3", 0}, {"v1.48.0", 0}, {"v2.20.0", 0}, {"", 0}, {"(devel)", 0}, {"v1.47.1-0.20261101120000-0123456789ab", 0}, {"v1.20.0-rc.1", 0},
		{"v1.99999999999999999999.0", 0},
	} {
		t.Run(test.version, func(t *testing.T) {
			l, err := SDK.Of(test.version)
			if test.endTime == 0 {
				if !errors.Is(err, ErrUnknown) {
					t.Errorf("%v, %v; want ErrUnknown", l, err)
				}
				return
			}
			if err != nil || l[SpanEndTime] != test.endTime {
				t.Errorf("end time at %d, %v; want %d", l[SpanEndTime], err, test.endTime)
			}
		})
	}
}

// TestOfRuntime has versions of Go.
func TestOfRuntime(t *testing.T) {
	for _, test := range []struct {
		version string
		start   uint64 // 0: unknown
	}{
		{"go1.21.13", 296}, {"go1.23", 304}, {"go1.25.4", 296}, {"go1.26.8", 304}, {"go1.27rc1", 304},
		{"go1.20.14", 0}, {"go1.28.0", 0}, {"devel go1.28-abcdef", 0}, {"", 0}, {"go1.26-custom", 0},
	} {
		l, err := Runtime.Of(test.version)
		if l[GoroutineStart] != test.start || errors.Is(err, ErrUnknown) != (test.start == 0) {
			t.Errorf("%q: start function at %d, %v; want %d", test.version, l[GoroutineStart], err, test.start)
		}
	}
}

// TestTableIsWhole has each field once for every version.
func TestTableIsWhole(t *testing.T) {
	for _, part := range []Part{SDK, Runtime} {
		for minor := part.table.first; minor <= part.table.last; minor++ {
			for _, field := range part.fields {
				rows := 0
				for _, r := range part.table.rows {
					if r.field == field && minor >= r.from && minor <= r.to {
						rows++
					}
				}
				if rows != 1 {
					t.Errorf("%s%d has %d rows of %v", part.version, minor, rows, field)
				}
			}
		}
	}
}

// TestWhatIsNotThere has structs that are gone, or have other fields.
func TestWhatIsNotThere(t *testing.T) {
	whole := map[string]uint64{"spanContext": 0, "parent": 64, "name": 24, "endTime": 8, "attributes": 16, "tracer": 72}
	renamed := map[string]uint64{"spanContext": 0, "parent": 64, "name": 24, "ended": 8, "attributes": 16, "tracer": 72}
	for _, test := range []struct {
		name  string
		span  map[string]uint64
		known bool
	}{{"as it is", whole, true}, {"no struct", nil, false}, {"a field has another name", renamed, false}} {
		t.Run(test.name, func(t *testing.T) {
			structs := map[string]debuginfo.Struct{
				SDK.prefix + "snapshot":       {},
				SDK.prefix + "tracer":         {Fields: map[string]uint64{"provider": 16}},
				SDK.prefix + "TracerProvider": {Fields: map[string]uint64{"spanProcessors": 32, "sampler": 48}},
			}
			if test.span != nil {
				structs[SDK.prefix+"recordingSpan"] = debuginfo.Struct{Fields: test.span}
			}
			if _, err := SDK.FromDebug(structs); errors.Is(err, ErrUnknown) == test.known {
				t.Errorf("got %v", err)
			}
		})
	}
}
