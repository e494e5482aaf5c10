package report

import (
	"reflect"
	"testing"
)

// TestEveryProbeFigureIsAdded fails if Add forgets a number.
func TestEveryProbeFigureIsAdded(t *testing.T) {
	var other, sum Probe
	v := reflect.ValueOf(&other).Elem()
	for i := range v.NumField() {
		switch field := v.Field(i); {
		case field.CanUint():
			field.SetUint(5)
		case field.CanFloat():
			field.SetFloat(5)
		}
	}
	other.HitSource = "calibration"
	if sum.Add(other); sum != other {
		t.Errorf("got %+v, want %+v", sum, other)
	}
}
