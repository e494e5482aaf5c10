package untrusted

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "checkout é 日本", "checkout é 日本"},
		{"just as long as may be", strings.Repeat("x", 20), strings.Repeat("x", 20)},
		{"too long", strings.Repeat("x", 21), strings.Repeat("x", 17) + "…"},
		{"cut between characters", strings.Repeat("é", 11), strings.Repeat("é", 8) + "…"},
		{"longer when it is clean", strings.Repeat("\xff", 7), strings.Repeat("\ufffd", 5) + "…"},
		{"not UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"an escape", "a\x1b[2Jb", "a\ufffd[2Jb"},
		{"C1 and DEL", "a\u009bb\x7f", "a\ufffdb\ufffd"},
		{"zero", "a\x00b", "a\ufffdb"},
		{"lines", "a\nb\r\tc\u2028d\u2029e", "a b  c d e"},
		{"reordering", "a\u202eb\u2066c\u200fd", "a\ufffdb\ufffdc\ufffdd"},
		{"a family", "\U0001F468\u200d\U0001F469", "\U0001F468\u200d\U0001F469"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Text(test.text, 20); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\xff\x1b[2J", 3)
	f.Add(strings.Repeat("日", 100), 50)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		defer fuzzlimit.Watch(t)()
		limit = 3 + max(0, limit)%1000
		got := Text(s, limit)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q up to %d became %q", s, limit, got)
		}
		if again := Text(got, limit); again != got {
			t.Errorf("%q became %q, and then %q", s, got, again)
		}
	})
}

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "checkout-v2 é 日本 🙂", "checkout-v2 é 日本 🙂"},
		{"escape sequence", "a\x1b[31mred", "a\ufffd[31mred"},
		{"title", "\x1b]0;x\x07", "\ufffd]0;x\ufffd"},
		{"C1", "a\u009b31m", "a\ufffd31m"},
		{"white space", "a\tb\r\nc\u00a0d", "a b  c d"},
		{"right to left", "a\u202eb", "a\ufffdb"},
		{"zero width", "a\u200bb\ufeff", "a\ufffdb\ufffd"},
		{"letters that do not show", "a\u3164b\u115fc\u034fd", "a\ufffdb\ufffdc\ufffdd"},
		{"tags", "a\U000e0041", "a\ufffd"},
		{"a keycap", "1\ufe0f\u20e3", "1\u20e3"},
		{"not UTF-8", "a\xff\x9bb", "a\ufffd\ufffdb"},
		{"delete", "a\x7f", "a\ufffd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Printable(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLinesKeepsTheirBreaks(t *testing.T) {
	var b bytes.Buffer
	w := Lines{&b}
	if n, err := w.Write([]byte("pid 7 (a\x1b[2J\xff): no\nmore\r\n")); n != 25 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if want := "pid 7 (a\ufffd[2J\ufffd): no\nmore \n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestTexts(t *testing.T) {
	type inner struct{ S string }
	type all struct {
		S       string
		Pointer *inner
		Nil     *inner
		List    []inner
		Lists   [][]string
		Map     map[string][]string
		N       int
		own     string
	}
	const bad, good = "a\x1bb", "a\ufffdb"
	v := all{bad, &inner{bad}, nil, []inner{{bad}}, [][]string{{bad}}, map[string][]string{bad: {bad}}, 7, bad}
	want := all{good, &inner{good}, nil, []inner{{good}}, [][]string{{good}}, map[string][]string{good: {good}}, 7, bad}
	Texts(&v, MaxText)
	if diff := cmp.Diff(want, v, cmp.AllowUnexported(all{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
