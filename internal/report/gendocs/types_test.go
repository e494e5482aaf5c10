package main

import (
	"reflect"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
)

func TestFieldsMustSayWhatReadersNeed(t *testing.T) {
	number, figure := reflect.TypeFor[uint64](), reflect.TypeFor[*estimate.Estimate]()
	tests := []struct {
		name, comment, unit string
		of                  reflect.Type
		optional, refused   bool
	}{
		{"complete number", "Spans.", "spans", number, false, false},
		{"complete figure", "Spans. Null if they were not counted.", "spans", figure, false, false},
		{"complete text", "The name.", "", reflect.TypeFor[string](), false, false},
		{"complete optional field", "Spans. Absent if there are none.", "spans", number, true, false},
		{"no comment", "", "spans", number, false, true},
		{"number without a unit", "Spans.", "", number, false, true},
		{"list of numbers without a unit", "Spans.", "", reflect.TypeFor[[]float64](), false, true},
		{"figure without a unit", "Spans. Null if they were not counted.", "", figure, false, true},
		{"figure that does not say when it is null", "Spans.", "spans", figure, false, true},
		{"optional field that does not say when it is absent", "Spans.", "spans", number, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := field{unit: tt.unit, of: tt.of, optional: tt.optional}
			f.meaning, f.null = split(tt.comment)
			if err := f.check(); (err != nil) != tt.refused {
				t.Errorf("refused: %v, want %t", err, tt.refused)
			}
		})
	}
}
