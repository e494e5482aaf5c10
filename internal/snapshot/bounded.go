package snapshot

import (
	"reflect"
	"time"
)

// The bounds of a Snapshot's figures. These come from the memory of processes and from
// recordings, and may be anything. Within the bounds, no calculation overflows.
const (
	mostCount  = 1 << 46        // spans, or bytes: 70 TB
	mostSum    = 1 << 53        // of many intervals: up to here, a float64 is exact
	longest    = 1 << 53        // nanoseconds: 104 days
	longestSum = 1 << 61        // nanoseconds, of many intervals
	mostFloat  = float64(1e30)  // as sums of squares are
	leastFloat = float64(1e-12) // unless it is 0
)

// earliest and latest bound the start of a Snapshot: within them, a time in nanoseconds since
// 1970 does not overflow.
var (
	earliest = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Bounded returns s with all figures within the bounds. Addresses, IDs and stacks are not
// changed. Slices without a change are shared with s.
func (s Snapshot) Bounded() Snapshot {
	bound(reflect.ValueOf(&s).Elem())
	return s
}

// identity are fields that identify things: these are not figures.
var identity = map[string]bool{"PID": true, "StartTicks": true, "Address": true, "Provider": true, "Exporter": true, "ID": true, "Line": true}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// bound brings v within the bounds, and reports whether it changed. A slice is copied before
// it is changed.
func bound(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Uint64:
		if v.Uint() > mostCount {
			v.SetUint(mostCount)
			return true
		}
	case reflect.Int, reflect.Int64:
		if most := mostOf(v.Type()); v.Int() < 0 || v.Int() > most {
			v.SetInt(min(max(v.Int(), 0), most))
			return true
		}
	case reflect.Float64:
		return boundFloat(v)
	case reflect.Struct:
		return boundStruct(v)
	case reflect.Array:
		cut := false
		for i := range v.Len() {
			cut = bound(v.Index(i)) || cut
		}
		return cut
	case reflect.Slice:
		return boundSlice(v)
	}
	return false
}

func mostOf(t reflect.Type) int64 {
	if t == durationType {
		return longest
	}
	return 1 << 31
}

func boundFloat(v reflect.Value) bool {
	f := v.Float()
	switch {
	case f == 0 || f >= leastFloat && f <= mostFloat:
		return false
	case f > mostFloat:
		v.SetFloat(mostFloat)
	default:
		v.SetFloat(0)
	}
	return true
}

func boundStruct(v reflect.Value) (cut bool) {
	if v.Type() == timeType {
		return boundTime(v.Addr().Interface().(*time.Time))
	}
	for i := range v.NumField() {
		if !identity[v.Type().Field(i).Name] {
			cut = bound(v.Field(i)) || cut
		}
	}
	return cut
}

func boundTime(t *time.Time) bool {
	switch {
	case t.IsZero():
		return false
	case t.Before(earliest):
		*t = earliest
	case t.After(latest):
		*t = latest
	default:
		return false
	}
	return true
}

func boundSlice(v reflect.Value) bool {
	switch v.Type().Elem().Kind() {
	case reflect.Pointer, reflect.String:
		return false
	}
	one := reflect.New(v.Type().Elem()).Elem()
	cut := false
	for i := range v.Len() {
		one.Set(v.Index(i))
		if !bound(one) {
			continue
		}
		if !cut {
			own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(own, v)
			v.Set(own)
			cut = true
		}
		v.Index(i).Set(one)
	}
	return cut
}

// plus is the sum of two counts, within the bounds.
func plus(a, b uint64) uint64 { return min(a+b, mostSum) }

// plusTime is the sum of two durations, within the bounds.
func plusTime(a, b time.Duration) time.Duration { return min(a+b, longestSum) }
