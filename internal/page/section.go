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

// cut splits a page into the text of a section and what is before and after it. before
// and after include the section's comments.
func cut(page, section string) (before, text, after string, err error) {
	begin, end := "<!-- "+section+" -->\n", "<!-- /"+section+" -->"
	before, rest, found := strings.Cut(page, begin)
	text, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", "", fmt.Errorf("%w: %q … %q", errSection, strings.TrimSpace(begin), end)
	}
	return before + begin, text, end + after, nil
}
