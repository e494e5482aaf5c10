package snapshot

import (
	"reflect"
	"time"
)

// What a Snapshot's figures are cut to. They come from the memory of processes and from
// recordings, which may claim anything: within these nothing that is made of them
// overflows.
const (
	mostCount  = 1 << 46        // spans, or bytes: 70 TB
	mostSum    = 1 << 53        // of many intervals: the largest that a float64 holds exactly
	longest    = 1 << 53        // nanoseconds: 104 days
	longestSum = 1 << 61        // nanoseconds, of many intervals
	mostFloat  = float64(1e30)  // as sums of squares are
	leastFloat = float64(1e-12) // but for 0
)

// earliest and latest are the times that a Snapshot may begin: within them a time in
// nanoseconds since 1970 does not overflow.
var (
	earliest = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Bounded returns s with figures that are possible: none below 0, none absurdly large.
// Addresses, ids and stacks stay as they are. It is s itself where nothing is to be cut,
// and shares what is not.
func (s Snapshot) Bounded() Snapshot {
	bound(reflect.ValueOf(&s).Elem())
	return s
}

// identity are fields that tell things apart: no figures.
var identity = map[string]bool{"PID": true, "StartTicks": true, "Address": true, "Provider": true, "Exporter": true, "ID": true, "Line": true}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// bound cuts v, and reports whether there was anything to cut. A slice that is to be cut
// is copied.
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

// plus is a sum of two counts, cut as they are.
func plus(a, b uint64) uint64 { return min(a+b, mostSum) }

// plusTime is a sum of two durations, cut to what no further one overflows.
func plusTime(a, b time.Duration) time.Duration { return min(a+b, longestSum) }
