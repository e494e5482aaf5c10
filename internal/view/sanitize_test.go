package view

import (
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

func TestSanitize(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "checkout-v2 é 日本 🙂", "checkout-v2 é 日本 🙂"},
		{"escape sequence", "a\x1b[31mred", "a�[31mred"},
		{"title", "\x1b]0;x\x07", "�]0;x�"},
		{"C1", "a\u009b31m", "a�31m"},
		{"white space", "a\tb\r\nc\u00a0d", "a b  c d"},
		{"right to left", "a\u202eb", "a�b"},
		{"zero width", "a\u200bb\ufeff", "a�b�"},
		{"not UTF-8", "a\xff\x9bb", "a��b"},
		{"delete", "a\x7f", "a�"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Sanitize(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzPaint(f *testing.F) {
	f.Add("a\x1b[2J", 5)
	f.Add("日本語の名前", 3)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = min(max(width, 0), 200)
		got := Screen{}.paint(text(s), width)
		for _, r := range got {
			if unicode.IsControl(r) {
				t.Errorf("%q became %q", s, got)
			}
		}
		if ansi.StringWidth(got) > width {
			t.Errorf("%q in %d columns became %q", s, width, got)
		}
	})
}

func TestASCIIStandInsAreASCIIAndOneColumn(t *testing.T) {
	for glyph, stand := range glyphs {
		if stand > unicode.MaxASCII || ansi.StringWidth(string(glyph)) != 1 {
			t.Errorf("%q stands for %q", stand, glyph)
		}
	}
	if got := toASCII("≈1.9 µs 日"); got != "~1.9 us ?" {
		t.Errorf("got %q", got)
	}
}
