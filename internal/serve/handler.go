package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// security are headers of every answer: a page loads nothing from elsewhere, runs only
// otwatch's own script, and is shown in no other page.
var security = map[string]string{
	"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cache-Control":                "no-cache",
}

// handler answers requests.
type handler struct {
	pages    atomic.Pointer[Pages] // nil until otwatch has attached
	attached chan struct{}         // closed then
	routes   *http.ServeMux
	loopback bool // only this machine can connect
}

func newHandler(fresh time.Duration, loopback bool) *handler {
	h := &handler{attached: make(chan struct{}), routes: http.NewServeMux(), loopback: loopback}
	h.routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	h.routes.HandleFunc("/readyz", h.ready)
	// Whatever people open, a scrape waits for no more than a page that is being rendered.
	rendering := make(chan struct{}, 1)
	people, files := newCache(fresh, rendering), newCache(fresh, rendering)
	h.page("/{$}", html, people, only(func(p *Pages, w io.Writer) error { return p.Index(w) }))
	h.page("/target/{id}", html, people, target)
	h.page("/metrics", "", newCache(fresh, rendering), only(func(p *Pages, w io.Writer) error { return p.Metrics(w) }))
	h.page("/api/v1/report", "application/json", newCache(fresh, rendering), only(func(p *Pages, w io.Writer) error { return p.Report(w) }))
	h.page("/style.css", "text/css; charset=utf-8", files, only(func(p *Pages, w io.Writer) error { return write(w, p.Style) }))
	h.page("/live.js", "text/javascript; charset=utf-8", files, only(func(p *Pages, w io.Writer) error { return write(w, p.Script) }))
	return h
}

const html = "text/html; charset=utf-8"

// attachWait is how long a page for people waits for otwatch to attach.
const attachWait = 3 * time.Second

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range security {
		if w.Header().Get(name) == "" { // otherwise the web config has it
			w.Header().Set(name, value)
		}
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "otwatch only shows figures: use GET")
	case r.ContentLength != 0:
		refuse(w, http.StatusRequestEntityTooLarge, "requests have no body")
	case h.loopback && !isLocal(r.Host):
		refuse(w, http.StatusMisdirectedRequest, "otwatch listens for this machine only, under the name localhost or an address")
	default:
		h.routes.ServeHTTP(w, r)
	}
}

// refuse answers and closes the connection, so that nothing more is read from it.
func refuse(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Connection", "close")
	say(w, code, words)
}

func say(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, words+"\n") // the client may have gone
}

// isLocal reports whether a request names this machine. A web page elsewhere could give a
// name of its own the address 127.0.0.1, and read the answers.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	machine, _ := os.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil || host == strings.ToLower(machine)
}

func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	if h.pages.Load() == nil {
		say(w, http.StatusServiceUnavailable, "otwatch is attaching")
		return
	}
	say(w, http.StatusOK, "ready")
}

// await gives otwatch a moment to attach, for people who open a page at once.
func (h *handler) await(ctx context.Context) {
	select {
	case <-h.attached:
	case <-ctx.Done():
	case <-time.After(attachWait):
	}
}

// source is what a request asks for: its key among the pages of a cache, and what renders
// it. Its error matches ErrUnknown if there is no such page.
type source func(*http.Request) (key string, render func(*Pages, io.Writer) error, err error)

// only is a source with one page.
func only(render func(*Pages, io.Writer) error) source {
	return func(r *http.Request) (string, func(*Pages, io.Writer) error, error) { return r.Pattern, render, nil }
}

// page serves what a page renders, once an interval. An empty kind is that of metrics.
func (h *handler) page(pattern, kind string, pages *cache, of source) {
	h.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		key, render, err := of(r)
		if err != nil {
			say(w, http.StatusNotFound, err.Error())
			return
		}
		if kind == html {
			h.await(r.Context())
		}
		figures := h.pages.Load()
		if figures == nil {
			w.Header().Set("Retry-After", "1")
			w.Header().Set("Refresh", "1")
			say(w, http.StatusServiceUnavailable, "otwatch is attaching")
			return
		}
		p, err := pages.get(r.Context(), key, func(w io.Writer) error { return render(figures, w) })
		switch {
		case errors.Is(err, ErrUnknown):
			say(w, http.StatusNotFound, err.Error())
		case errors.Is(err, errBusy):
			w.Header().Set("Retry-After", "1")
			say(w, http.StatusServiceUnavailable, err.Error())
		case r.Context().Err() != nil: // the client has gone
		case err != nil:
			say(w, http.StatusInternalServerError, "otwatch could not make this page: "+err.Error())
		default:
			contentType := kind
			if kind == "" {
				contentType = figures.MetricsType
			}
			p.serve(w, r, contentType)
		}
	})
}

// target is the source of a path such as /target/4711-99, which has no other form.
func target(r *http.Request) (string, func(*Pages, io.Writer) error, error) {
	key := r.PathValue("id")
	pid, start, _ := strings.Cut(key, "-")
	number, err := strconv.Atoi(pid)
	ticks, startErr := strconv.ParseUint(start, 10, 64)
	if err != nil || startErr != nil || fmt.Sprintf("%d-%d", number, ticks) != key {
		return "", nil, ErrUnknown
	}
	return key, func(p *Pages, w io.Writer) error { return p.Target(w, number, ticks) }, nil
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

func (p *page) serve(w http.ResponseWriter, r *http.Request, kind string) {
	header := w.Header()
	header.Set("ETag", p.tag)
	header.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == p.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", kind)
	body := p.plain
	if acceptsGzip(r) {
		header.Set("Content-Encoding", "gzip")
		body = p.zipped
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client may have gone
	}
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" {
			quality = strings.TrimSpace(quality)
			return quality != "q=0" && !strings.HasPrefix(quality, "q=0.000")
		}
	}
	return false
}
