package export

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// answer is what a receiver of OTLP over HTTP answers if it does not take the metrics, or
// if it is none.
type answer struct {
	status   int
	path     string
	location string        // where it redirects to, or ""
	web      bool          // it is a page for people
	wait     time.Duration // how long it asks to wait, or 0
	words    string        // its own, or ""
}

func (a *answer) Error() string {
	text := fmt.Sprintf("%d %s for path %s", a.status, http.StatusText(a.status), a.path)
	if a.words != "" {
		text += ": " + a.words
	}
	return text
}

// answers turns answers that are not a receiver's consent into errors, of type *answer.
type answers struct{ to *http.Transport }

func (t answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	web := kind == "text/html"
	if response.StatusCode/100 == 2 && !web {
		return response, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10)) // what can be read of it
	a := &answer{status: response.StatusCode, path: r.URL.Path, location: untrusted.Text(response.Header.Get("Location"), maxWords), web: web,
		wait: waitFor(response.Header.Get("Retry-After"), time.Now())}
	if !web {
		a.words = wordsIn(kind, body)
	}
	return nil, a
}

// maxWait bounds how long a receiver can make otwatch wait.
const maxWait = time.Hour

func boundedWait(wait time.Duration) time.Duration { return min(max(wait, 0), maxWait) }

// waitFor reads a header such as "120" or "Fri, 31 Dec 1999 23:59:59 GMT".
func waitFor(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return boundedWait(time.Duration(seconds) * time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return boundedWait(at.Sub(now))
	}
	return 0
}

// maxWords bounds what is shown of a receiver's answer, in bytes.
const maxWords = 200

// wordsIn is the message of an answer: that of a google.rpc.Status, or the text itself.
func wordsIn(kind string, body []byte) string {
	text := string(body)
	if kind == "application/x-protobuf" {
		var s status.Status
		if proto.Unmarshal(body, &s) != nil {
			return ""
		}
		text = s.GetMessage()
	}
	lines := slices.Compact(strings.Split(strings.TrimSpace(text), "\n")) // Prometheus has one for each sample
	return strings.Join(strings.Fields(untrusted.Text(strings.Join(lines, " "), maxWords)), " ")
}
