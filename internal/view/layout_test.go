package view

import (
	"strings"
	"testing"
)

// TestLongPlacesAreNotCut shows a function, file and line that are wider than a line.
func TestLongPlacesAreNotCut(t *testing.T) {
	const place = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*Transport).RoundTrip"
	const file = "(/root/go/pkg/mod/go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.46.1/transport.go:117)"
	s := Screen{Width: 80}
	lines := s.wrap(prose("of the spans started at "+place+" "+file, plain), " ", 64)
	for _, line := range lines {
		if widthOf(line) > 64 {
			t.Errorf("%d columns: %s", widthOf(line), line)
		}
	}
	if joined := strings.Join(lines, ""); !strings.Contains(joined, strings.ReplaceAll(place, " ", "")) || !strings.Contains(joined, file) {
		t.Errorf("a place is cut:\n%s", strings.Join(lines, "\n"))
	}
	if lines := s.wrap([]part{text(strings.Repeat("a", 10000))}, " ", 64); len(lines) != maxPieces || !strings.HasSuffix(lines[maxPieces-1], "…") {
		t.Errorf("a text without end has %d lines", len(lines))
	}
}
