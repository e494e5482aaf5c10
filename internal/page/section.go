package page

import (
	"fmt"
	"os"
	"strings"
)

// Replace puts a text into the section of a page, between <!-- section --> and
// <!-- /section -->.
func Replace(path, section, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, _, after, err := cut(string(content), section)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(before+text+after), 0o644)
}

// cut takes a page apart into what comes before the section's text, the text,
// and what comes after it, the marks with what is around.
func cut(page, section string) (before, text, after string, err error) {
	begin, end := "<!-- "+section+" -->\n", "<!-- /"+section+" -->"
	before, rest, found := strings.Cut(page, begin)
	text, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", "", fmt.Errorf("%w: %q … %q", errSection, strings.TrimSpace(begin), end)
	}
	return before + begin, text, end + after, nil
}
