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
			l, err := Of(test.version)
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

// TestTableIsWhole has each field once for every version.
func TestTableIsWhole(t *testing.T) {
	for minor := firstMinor; minor <= lastMinor; minor++ {
		for _, field := range Fields {
			rows := 0
			for _, r := range table {
				if r.field == field && minor >= r.from && minor <= r.to {
					rows++
				}
			}
			if rows != 1 {
				t.Errorf("v1.%d has %d rows of %v", minor, rows, field)
			}
		}
	}
}

// TestWhatIsNotThere has structs that are gone, or have other fields.
func TestWhatIsNotThere(t *testing.T) {
	whole := map[string]uint64{"spanContext": 0, "parent": 64, "name": 24, "endTime": 8, "attributes": 16}
	renamed := map[string]uint64{"spanContext": 0, "parent": 64, "name": 24, "ended": 8, "attributes": 16}
	for _, test := range []struct {
		name  string
		span  map[string]uint64
		known bool
	}{{"as it is", whole, true}, {"no struct", nil, false}, {"a field has another name", renamed, false}} {
		t.Run(test.name, func(t *testing.T) {
			structs := map[string]debuginfo.Struct{sdkTrace + "snapshot": {}}
			if test.span != nil {
				structs[sdkTrace+"recordingSpan"] = debuginfo.Struct{Fields: test.span}
			}
			if _, err := FromDebug(structs); errors.Is(err, ErrUnknown) == test.known {
				t.Errorf("got %v", err)
			}
		})
	}
}
