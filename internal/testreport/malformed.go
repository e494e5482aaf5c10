package testreport

import (
	"fmt"
	"reflect"
	"time"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// malformed lists the estimates of a report that are outside of their own interval, or exact
// with one.
func malformed(r report.Report) (found []string) {
	walk("", reflect.ValueOf(r), func(path string, e estimate.Estimate) {
		switch {
		case e.Low > e.Value || e.Value > e.High:
			found = append(found, fmt.Sprintf("%s: %v is outside of its interval", path, shown(&e)))
		case e.Exact && e.Low != e.High:
			found = append(found, fmt.Sprintf("%s: %v is exact with an interval", path, shown(&e)))
		}
	})
	return found
}

// walk visits every estimate of a report, by the path of its JSON fields.
func walk(path string, v reflect.Value, visit func(path string, e estimate.Estimate)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(path, v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(path, v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walk(fmt.Sprint(path, ".", key), v.MapIndex(key), visit)
		}
	case reflect.Struct:
		if e, ok := v.Interface().(estimate.Estimate); ok {
			visit(path, e)
			return
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag.Get("json"); tag != "-" {
				walk(path+"."+tag, v.Field(i), visit)
			}
		}
	}
}
