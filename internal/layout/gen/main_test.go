package main

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/layout"
)

// TestRender has one row for each run of versions in which a field stays.
func TestRender(t *testing.T) {
	at := func(offset uint64) layout.Layout {
		l := layout.Layout{}
		for _, f := range layout.Fields {
			l[f] = 8
		}
		l[layout.SpanEndTime] = offset
		return l
	}
	page := string(render(7, []layout.Layout{at(120), at(120), at(136), at(120)}))
	for _, want := range []string{
		"firstMinor, lastMinor = 7, 10",
		`{Field{"recordingSpan", ""}, 7, 10, 8},`,
		`{Field{"recordingSpan", "endTime"}, 7, 8, 120},`,
		`{Field{"recordingSpan", "endTime"}, 9, 9, 136},`,
		`{Field{"recordingSpan", "endTime"}, 10, 10, 120},`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if rows := strings.Count(page, "{Field{"); rows != len(layout.Fields)+2 {
		t.Errorf("%d rows in\n%s", rows, page)
	}
}
