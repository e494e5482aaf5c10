package untrusted

import (
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how long the longest text may be that is kept, MaxName how long the
// longest name of a service, a pod and the like, in bytes.
const (
	MaxText = 4 << 10
	MaxName = 255
)

// ellipsis is the end of a text that was cut.
const ellipsis = "…"

// Text makes a string from outside acceptable to any protocol: valid UTF-8 of at most
// limit bytes, which must be at least three, without control characters and characters
// that reorder text. White space among them becomes a space, the others U+FFFD. A text
// that was cut ends in "…". Text is idempotent.
func Text(s string, limit int) string {
	if len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, harmful) < 0 {
		return s
	}
	var clean strings.Builder
	kept := 0 // bytes that leave room for the ellipsis
	for _, r := range s {
		if harmful(r) {
			r = replacement(r)
		}
		if clean.Len()+utf8.RuneLen(r) > limit {
			return clean.String()[:kept] + ellipsis
		}
		clean.WriteRune(r)
		if clean.Len() <= limit-len(ellipsis) {
			kept = clean.Len()
		}
	}
	return clean.String()
}

// harmful reports whether a character is a command to a terminal or log, or reorders the
// text around it.
func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

func replacement(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	return unicode.ReplacementChar
}

// Printable makes a text safe to show: whatever a terminal could interpret as a command,
// and what reorders or hides text (bidirectional controls, zero-width and other invisible
// characters), becomes U+FFFD, and every kind of white space a space. Variation
// selectors, which only choose between two glyphs, are removed.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case Shows(r):
			return r
		case unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return replacement(r)
	}, s)
}

// Shows reports whether Printable leaves a character as it is.
func Shows(r rune) bool {
	return unicode.IsPrint(r) && (r < unicode.MaxLatin1 || !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}

// Texts applies Text to every string that a pointer leads to, in exported fields, lists
// and maps. It is for values decoded from a file, whatever fields their types gain.
func Texts(pointer any, limit int) { texts(reflect.ValueOf(pointer), limit) }

func texts(v reflect.Value, limit int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(Text(v.String(), limit))
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), limit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts(v.Field(i), limit)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), limit)
		}
	case reflect.Map:
		textsOfMap(v, limit)
	}
}

// textsOfMap replaces a map's entries, which cannot be set. If keys become equal one
// entry is kept.
func textsOfMap(m reflect.Value, limit int) {
	for _, key := range m.MapKeys() {
		entry := []reflect.Value{reflect.New(m.Type().Key()).Elem(), reflect.New(m.Type().Elem()).Elem()}
		entry[0].Set(key)
		entry[1].Set(m.MapIndex(key))
		m.SetMapIndex(key, reflect.Value{})
		texts(entry[0], limit)
		texts(entry[1], limit)
		m.SetMapIndex(entry[0], entry[1])
	}
}

// Lines is a Writer that writes Printable text to W, and keeps line breaks. A character
// whose bytes arrive in two writes becomes U+FFFDs.
type Lines struct{ W io.Writer }

func (l Lines) Write(p []byte) (int, error) {
	parts := strings.Split(string(p), "\n")
	for i, line := range parts {
		parts[i] = Printable(line)
	}
	if _, err := io.WriteString(l.W, strings.Join(parts, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}
