package view

import (
	"os"
	"strings"

	"golang.org/x/term"
)

// defaultWidth is the width of text that goes to no terminal.
const defaultWidth = 80

// minWidth is the width of the narrowest layout. On a narrower screen, lines are cut.
const minWidth = 30

// Screen says what the output can show.
type Screen struct {
	Width  int // columns
	Height int // rows; 0 means without limit
	Color  bool
	ASCII  bool // only ASCII can be shown
}

// ScreenOf returns what f can show: the size of the terminal, colour if f is a terminal
// and NO_COLOR (https://no-color.org) does not forbid it, and only ASCII if the locale
// is not UTF-8. A file or pipe is 80 columns wide.
func ScreenOf(f *os.File) Screen {
	s := Screen{Width: defaultWidth, ASCII: asciiLocale(os.Getenv)}
	if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		s.Width, s.Height = width, height
		s.Color = colorAllowed(os.Getenv)
	}
	return s
}

// colorAllowed reads NO_COLOR as it is defined: any value but the empty one forbids
// colour. The colorprofile module accepts only true values.
func colorAllowed(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// asciiLocale reports whether the locale's encoding is not UTF-8. As in
// setlocale(3), the first of the variables that is set decides.
func asciiLocale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return true
}
