package failure

import (
	"regexp"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

var (
	// userInfo is what a URL has before the @ of its authority.
	userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s"'?#]*@`)
	// query is what a URL has behind its path, also where the ? is escaped by mistake.
	query = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'?#]*?)(?:[?#]|%3[fF]|%23)[^\s"')]*?([,:;.]?(?:[\s"')]|$))`)
	// secret is a credential as it stands in headers and messages.
	secret = regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate|token|api[-_ ]?key|apikey|[\w%-]*authorization|[\w%-]*token|[\w%-]*secret|[\w%-]*password|passwd|[\w%-]*api[-_]key|cookie|signature|sig)(["']?\s*[:=]\s*["']?|\s+)(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;)]{4,}`)
)

const cut = "…"

// Clean makes the text of an error fit to be kept: at most Limit bytes, without control
// characters, without credentials and queries of URLs, and without what looks like a
// credential. It is idempotent.
func Clean(text string) string {
	text = untrusted.Text(text, 4*Limit)
	text = userInfo.ReplaceAllString(text, "$1")
	text = query.ReplaceAllString(text, "${1}?"+cut+"$2")
	text = secret.ReplaceAllStringFunc(text, func(found string) string {
		parts := secret.FindStringSubmatch(found)
		if inSentence(parts[1], parts[2]) {
			return found
		}
		return parts[1] + parts[2] + cut
	})
	text = cutOpaque(text)
	return untrusted.Text(text, Limit)
}

// inSentence reports whether a word that names credentials is followed by a space only, and so is
// probably a word of a sentence: "token expired". Schemes of authorization stand so.
func inSentence(name, between string) bool {
	if strings.TrimSpace(between) != "" {
		return false
	}
	switch strings.ToLower(name) {
	case "bearer", "basic", "digest", "negotiate":
		return false
	}
	return true
}

// Endpoint cleans where an exporter sends to: a URL, or host and port. Empty if it is none.
func Endpoint(text string) string {
	text = Clean(text)
	if _, after, ok := strings.Cut(text, "@"); ok && !strings.Contains(text, "://") {
		text = after
	}
	text, _, _ = strings.Cut(text, "?")
	return untrusted.Text(text, untrusted.MaxName)
}

// Alike is the same for texts that differ in numbers only, as of bytes and ports.
func Alike(text string) string {
	var key strings.Builder
	digits := false
	for _, r := range text {
		if r >= '0' && r <= '9' {
			if !digits {
				key.WriteByte('#')
			}
			digits = true
			continue
		}
		digits = false
		key.WriteRune(r)
	}
	return key.String()
}
