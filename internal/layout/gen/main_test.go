package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/layout"
)

// TestRender has one row for each run of versions in which a field stays.
func TestRender(t *testing.T) {
	at := func(offset uint64) layout.Layout {
		l := layout.Layout{}
		for _, f := range layout.SDK.Fields() {
			l[f] = 8
		}
		l[layout.SpanEndTime] = offset
		return l
	}
	var written bytes.Buffer
	source{part: layout.SDK, table: "sdkVersions", first: 7, last: 10}.render(&written, []layout.Layout{at(120), at(120), at(136), at(120)})
	page := written.String()
	for _, want := range []string{
		"var sdkVersions = versions{first: 7, last: 10, rows",
		`{Field{"recordingSpan", ""}, 7, 10, 8},`,
		`{Field{"recordingSpan", "endTime"}, 7, 8, 120},`,
		`{Field{"recordingSpan", "endTime"}, 9, 9, 136},`,
		`{Field{"recordingSpan", "endTime"}, 10, 10, 120},`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if rows := strings.Count(page, "{Field{"); rows != len(layout.SDK.Fields())+2 {
		t.Errorf("%d rows in\n%s", rows, page)
	}
}
