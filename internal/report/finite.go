package report

import (
	"math"
	"reflect"
	"strings"
	"sync"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// noNumber is the reason if a figure came out as infinite or not a number: this happens only
// if counts contradict each other.
const noNumber = "the counts contradict each other"

// outside is the reason if a figure is doubted because it came out of its own interval, or
// as exact with one.
const outside = "it was not within its own interval"

// Finite returns r without infinities and NaN, which JSON does not have: such figures are
// missing. A figure that cannot be nil is 0. The interval of a figure contains it.
func (r Report) Finite() Report {
	for _, f := range clean(reflect.ValueOf(&r).Elem()) {
		path := strings.TrimPrefix(f.path, ".")
		if f.widened {
			r.doubt(path, outside)
			continue
		}
		g := Gaps(r.Missing)
		g.Add(path, noNumber)
		r.Missing = g.Sorted()
	}
	return r
}

// flaw is a figure that was removed, or whose interval was widened.
type flaw struct {
	path    string
	widened bool
}

var (
	estimateType = reflect.TypeFor[estimate.Estimate]()
	originType   = reflect.TypeFor[snapshot.Target]()
)

// clean removes infinities and NaN from v, widens intervals that do not contain their
// figure, and returns the paths of these below v. Maps, and estimates, which may be shared,
// are copied.
func clean(v reflect.Value) (found []flaw) {
	switch v.Kind() {
	case reflect.Float64:
		if !number(v.Float()) {
			v.SetFloat(0)
			return []flaw{{}}
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case v.Elem().Kind() == reflect.Struct && v.Elem().Type() != estimateType:
			return clean(v.Elem())
		case !numbers(v.Elem()):
			v.SetZero()
			return []flaw{{}}
		case v.Elem().Type() == estimateType:
			return contain(v)
		}
	case reflect.Slice:
		if !holdsNumbers(v.Type().Elem()) {
			return nil
		}
		for i := range v.Len() {
			found = append(found, clean(v.Index(i))...)
		}
	case reflect.Map:
		return cleanMap(v)
	case reflect.Struct:
		for _, f := range numericOf(v.Type()) {
			found = append(found, below(f.step, clean(v.Field(f.index)))...)
		}
	}
	return found
}

// numeric is a field of a struct that holds numbers, or may lead to some.
type numeric struct {
	index int
	step  string // what it adds to a path
}

// numerics are the numeric fields of the types seen so far, by reflect.Type: looking for them
// took half of the time in which a Report is made.
var numerics sync.Map

func numericOf(t reflect.Type) []numeric {
	if known, ok := numerics.Load(t); ok {
		return known.([]numeric)
	}
	var fields []numeric
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Type != originType && holdsNumbers(f.Type) {
			fields = append(fields, numeric{i, step(f)})
		}
	}
	numerics.Store(t, fields)
	return fields
}

// holdsNumbers reports whether a value of a type can hold a float64. No type of a Report
// contains itself.
func holdsNumbers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Float64:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return holdsNumbers(t.Elem())
	case reflect.Struct:
		return len(numericOf(t)) > 0
	}
	return false
}

// contain widens the interval of an estimate that is not within it.
func contain(v reflect.Value) []flaw {
	e := v.Elem().Interface().(estimate.Estimate)
	if e.Low <= e.Value && e.Value <= e.High && !(e.Exact && e.Low != e.High) {
		return nil
	}
	e.Low, e.High, e.Exact = min(e.Low, e.Value), max(e.High, e.Value), false
	v.Set(reflect.ValueOf(&e))
	return []flaw{{widened: true}}
}

// numbers reports whether the target of a pointer has numbers only.
func numbers(v reflect.Value) bool {
	if v.Type() == estimateType {
		e := v.Interface().(estimate.Estimate)
		return number(e.Value) && number(e.Low) && number(e.High)
	}
	return v.Kind() != reflect.Float64 || number(v.Float())
}

func number(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func cleanMap(v reflect.Value) (found []flaw) {
	if v.Len() == 0 || !holdsNumbers(v.Type().Elem()) {
		return nil
	}
	var kept reflect.Value
	value := reflect.New(v.Type().Elem()).Elem()
	for entries := v.MapRange(); entries.Next(); {
		value.SetIterValue(entries)
		of := clean(value)
		if len(of) == 0 {
			continue
		}
		key := entries.Key()
		found = append(found, below("."+key.String(), of)...)
		if !kept.IsValid() {
			kept = reflect.MakeMap(v.Type())
			for all := v.MapRange(); all.Next(); {
				kept.SetMapIndex(all.Key(), all.Value())
			}
		}
		if value.Kind() == reflect.Float64 {
			kept.SetMapIndex(key, reflect.Value{}) // an entry need not be there
		} else {
			kept.SetMapIndex(key, value)
		}
	}
	if kept.IsValid() {
		v.Set(kept)
	}
	return found
}

// step is what a field adds to a path in the report.
func step(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
		return "." + name
	}
	return ""
}

// below puts a step before each path.
func below(step string, flaws []flaw) []flaw {
	for i := range flaws {
		flaws[i].path = step + flaws[i].path
	}
	return flaws
}
