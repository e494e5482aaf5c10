package view

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestSanitize(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "checkout-v2 é 日本 🙂", "checkout-v2 é 日本 🙂"},
		{"escape sequence", "a\x1b[31mred", "a�[31mred"},
		{"zero width", "a\u200bb\ufeff", "a�b�"},
		{"marks", "a" + strings.Repeat("\u0301", maxMarks) + "b\u0302", "a" + strings.Repeat("\u0301", maxMarks) + "b\u0302"},
		{"too many of them", "a" + strings.Repeat("\u0301", 500) + "b\u0302", "a" + strings.Repeat("\u0301", maxMarks) + "\ufffdb\u0302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Sanitize(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestASCIIStandInsAreASCIIAndOneColumn(t *testing.T) {
	for glyph, stand := range glyphs {
		if len(stand) != 1 || ansi.StringWidth(glyph) != 1 {
			t.Errorf("%q stands for %q", stand, glyph)
		}
	}
	if got := toASCII("≈1.9 µs 日é"); got != "~1.9 us ???" {
		t.Errorf("got %q", got)
	}
}
