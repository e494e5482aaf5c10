package view

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

// difficult has texts on whose width terminals and libraries disagree.
var difficult = []string{
	"1\ufe0f\u20e3 first step of the checkout of the customer", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷🇩", "🏳️‍🌈", "👍🏽", "❤️", "☺", "日本語の名前", "ｱｲｳ", "e\u0301", "\u0301",
	strings.Repeat("a\u0301\u0302\u0303", 40), strings.Repeat("\u0300", 300), "שלום עולם", "مرحبا بالعالم", "ก็ผู้ที่", "क्षत्रिय", "각\u11a8\u11a8",
	"\u202eevil\u202c", "a\x1b[31mb\x9b2J", "\xff\xfe", strings.Repeat("日", 500), "·–…×µ≈≥≤→▸", "\u1100\u1100\u1161",
}

func TestCutAndPad(t *testing.T) {
	for _, text := range difficult {
		for width := range 60 {
			if got := cut(text, width); widest(got) > width {
				t.Errorf("%q cut to %d columns is %q", text, width, got)
			}
			if got := pad(text, width); widthOf(got) != width {
				t.Errorf("%q in %d columns is %q, of %d", text, width, got, widthOf(got))
			}
		}
	}
}

// widest is the greater of the widths by characters and by clusters.
func widest(text string) int { return max(ansi.StringWidth(text), ansi.StringWidthWc(text)) }

func FuzzPaint(f *testing.F) {
	for i, text := range difficult {
		f.Add(text, i)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		defer fuzzlimit.Watch(t)()
		width = min(max(width, 0), 200)
		for _, screen := range []Screen{{}, {ASCII: true}} {
			got := screen.paint(part{{text: s}, {text: s, style: warning}}, width)
			if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
				t.Errorf("%q became %q", s, got)
			}
			if widthOf(got) > width || widest(got) > width {
				t.Errorf("%q in %d columns became %q, of %d or %d", s, width, got, widthOf(got), widest(got))
			}
			screen.Color = true
			if colored := ansi.Strip(screen.paint(part{{text: s}, {text: s, style: warning}}, width)); colored != got {
				t.Errorf("%q is %q in colour and %q without", s, colored, got)
			}
		}
	})
}
