package report

import (
	"math"
	"reflect"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// noNumber is the reason if a figure came out as infinite or not a number: this happens only
// if counts contradict each other.
const noNumber = "the counts contradict each other"

// Finite returns r without infinities and NaN, which JSON does not have: such figures are
// missing. A figure that cannot be nil is 0.
func (r Report) Finite() Report {
	for _, what := range clean(reflect.ValueOf(&r).Elem()) {
		g := Gaps(r.Missing)
		g.Add(strings.TrimPrefix(what, "."), noNumber)
		r.Missing = g.Sorted()
	}
	return r
}

var (
	estimateType = reflect.TypeFor[estimate.Estimate]()
	originType   = reflect.TypeFor[snapshot.Target]()
)

// clean removes infinities and NaN from v, and returns their paths below v. Maps, which may
// be shared, are copied.
func clean(v reflect.Value) (lost []string) {
	switch v.Kind() {
	case reflect.Float64:
		if !number(v.Float()) {
			v.SetFloat(0)
			return []string{""}
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case v.Elem().Kind() == reflect.Struct && v.Elem().Type() != estimateType:
			return clean(v.Elem())
		case !numbers(v.Elem()):
			v.SetZero()
			return []string{""}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			return nil
		}
		for i := range v.Len() {
			lost = append(lost, clean(v.Index(i))...)
		}
	case reflect.Map:
		return cleanMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Type != originType {
				lost = append(lost, below(step(f), clean(v.Field(i)))...)
			}
		}
	}
	return lost
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

func cleanMap(v reflect.Value) (lost []string) {
	if v.Type().Elem().Kind() == reflect.String {
		return nil
	}
	var kept reflect.Value
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		of := clean(value)
		if len(of) == 0 {
			continue
		}
		lost = append(lost, below("."+key.String(), of)...)
		if !kept.IsValid() {
			kept = reflect.MakeMap(v.Type())
			for _, k := range v.MapKeys() {
				kept.SetMapIndex(k, v.MapIndex(k))
			}
		}
		if value.Kind() == reflect.Float64 {
			value = reflect.Value{} // an entry need not be there
		}
		kept.SetMapIndex(key, value)
	}
	if kept.IsValid() {
		v.Set(kept)
	}
	return lost
}

// step is what a field adds to a path in the report.
func step(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
		return "." + name
	}
	return ""
}

// below puts a step before each path.
func below(step string, paths []string) []string {
	for i := range paths {
		paths[i] = step + paths[i]
	}
	return paths
}
