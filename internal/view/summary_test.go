package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/golden"
)

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		name   string
		frame  Frame
		screen Screen
	}{
		{"healthy", healthy(), Screen{Width: 80}},
		{"attached", attached(), Screen{Width: 80}},
		{"losing", losing(), Screen{Width: 80}},
		{"losing-color", losing(), Screen{Width: 80, Color: true}},
		{"processors", severalProcessors(), Screen{Width: 80}},
		{"unmeasured", unmeasured(), Screen{Width: 80}},
		{"complete", complete(), Screen{Width: 80}},
		{"complete-narrow", complete(), Screen{Width: 60}},
		{"complete-ascii", complete(), Screen{Width: 120, ASCII: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if err := Summary(&b, test.frame.Total, test.screen); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "summary-"+test.name+".txt", b.String())
		})
	}
}
