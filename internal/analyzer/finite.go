package analyzer

import (
	"math"
	"reflect"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// noNumber says why a figure is missing that came out as infinite, or as no number: only
// of counts that contradict each other.
const noNumber = "the counts contradict each other"

// finite returns r without figures that are no numbers, which no JSON can hold: missing,
// or, where the form of the report has no way to say so, 0 and missing.
func finite(r report.Report) report.Report {
	var lost []string
	clean(reflect.ValueOf(&r).Elem(), "", &lost)
	for _, what := range lost {
		g := gaps{missing: r.Missing}
		g.add(what, noNumber)
		r.Missing = g.list()
	}
	return r
}

var (
	estimateType = reflect.TypeFor[estimate.Estimate]()
	originType   = reflect.TypeFor[snapshot.Target]()
)

// clean takes what is no number out of v, and appends its path to lost. Maps, which
// others may hold too, are copied.
func clean(v reflect.Value, path string, lost *[]string) {
	switch v.Kind() {
	case reflect.Float64:
		if !number(v.Float()) {
			v.SetFloat(0)
			*lost = append(*lost, path)
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case v.Elem().Kind() == reflect.Struct && v.Elem().Type() != estimateType:
			clean(v.Elem(), path, lost)
		case !numbers(v.Elem()):
			v.SetZero()
			*lost = append(*lost, path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			clean(v.Index(i), path, lost)
		}
	case reflect.Map:
		cleanMap(v, path, lost)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Type != originType {
				clean(v.Field(i), below(path, f), lost)
			}
		}
	}
}

// numbers reports whether what a pointer of a Report points at is one.
func numbers(v reflect.Value) bool {
	if v.Type() == estimateType {
		e := v.Interface().(estimate.Estimate)
		return number(e.Value) && number(e.Low) && number(e.High)
	}
	return v.Kind() != reflect.Float64 || number(v.Float())
}

func number(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func cleanMap(v reflect.Value, path string, lost *[]string) {
	var kept reflect.Value
	for _, key := range v.MapKeys() {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		var of []string
		if clean(value, path+"."+key.String(), &of); len(of) == 0 {
			continue
		}
		*lost = append(*lost, of...)
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
}

// below is the path of a field in the report.
func below(path string, f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name == "" || name == "-":
		return path
	case path == "":
		return name
	}
	return path + "." + name
}
