package failure

import (
	"regexp"
	"strings"
)

const (
	// leastOpaque is how long the parts of a path are together at least, in bytes, that look like a
	// credential. One without slashes is a stretch.
	leastOpaque = 16
	// leastUnlike is how many bytes of it, at least, look like no word; those of words in both
	// cases count twice. The name of a pod of Kubernetes has 15 at most, in lower case: a hash of
	// 10 and a suffix of 5.
	leastUnlike = 16
	// shown is how many bytes of a credential stay, to tell it from others.
	shown = 4
	// joining is how long a part of a path is at most, in bytes, that may be of a credential with
	// slashes in it whatever it looks like.
	joining = 3
)

var (
	// stretch is the scheme and host of a URL, or a long run of what paths and credentials are
	// written with.
	stretch = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[\w.\-:\[\]]*|[\w\-+/=.%~]{20,}`)
	// hostLike is the name of a host in a domain.
	hostLike = regexp.MustCompile(`^(?:[a-z0-9-]+\.){2,}[a-z]{2,}\.?$`)
	// between is what stands between the words of a name.
	between = regexp.MustCompile(`%[0-9a-fA-F]{2}|[^a-zA-Z0-9+]`)
	// wordLike is a word in one case or in camel case, with one digit in it and a small number
	// behind it, or a number.
	wordLike = regexp.MustCompile(`^(?:[a-z]|[A-Z]*(?:[a-z]{2,}[A-Z]*)*(?:[0-9][A-Z]*(?:[a-z]{2,}[A-Z]*)+)?)[0-9]{0,4}$|^[0-9]*$`)
)

// cutOpaque cuts long runs of letters and digits mixed, as keys and tokens are, also where one is
// a part of a URL's path. Names of hosts, paths, and versions stay.
func cutOpaque(text string) string {
	return stretch.ReplaceAllStringFunc(text, func(found string) string {
		if strings.Contains(found, "://") {
			return found
		}
		return cutParts(strings.Split(found, "/"))
	})
}

// cutParts joins the parts of a path again, without credentials. A credential may itself have
// slashes: parts next to each other are one if most of each looks like no word.
func cutParts(parts []string) string {
	var kept []string
	for i := 0; i < len(parts); {
		n, unlikely := opaqueParts(parts[i:])
		whole := strings.Join(parts[i:i+n], "/")
		if unlikely >= leastUnlike && len(whole) >= leastOpaque {
			whole = whole[:shown] + cut
		}
		kept = append(kept, whole)
		i += n
	}
	return strings.Join(kept, "/")
}

// opaqueParts is how many parts at the beginning belong together, one at least, and how much of
// them looks like no word.
func opaqueParts(parts []string) (n, unlikely int) {
	n, unlikely = 1, unlike(parts[0])
	if 2*unlikely < len(parts[0]) || parts[0] == "" {
		return n, unlikely
	}
	for i, part := range parts[1:] {
		switch bytes := unlike(part); {
		case bytes > 0 && 2*bytes >= len(part):
			n, unlikely = i+2, unlikely+bytes
		case len(part) > joining:
			return n, unlikely
		}
	}
	return n, unlikely
}

// unlike is how many bytes of a part of a path are in words that look like none; those of words in
// both cases count twice.
func unlike(part string) (bytes int) {
	if hostLike.MatchString(part) {
		return 0
	}
	for _, word := range between.Split(part, -1) {
		if !wordLike.MatchString(word) {
			bytes += len(word)
			if strings.ToLower(word) != word && strings.ToUpper(word) != word {
				bytes += len(word)
			}
		}
	}
	return bytes
}
