package serve

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"sync"

	"golang.org/x/net/netutil"
	"golang.org/x/time/rate"
)

const (
	maxConnections = 64
	// acceptsPerSecond and requestsPerSecond bound what many clients cost together: a TLS
	// handshake takes about a millisecond, a page that is rendered already less.
	acceptsPerSecond  = 50
	requestsPerSecond = 50
	// guessesPerSecond bounds the comparison of passwords, which is slow by design.
	guessesPerSecond = 2
	// maxKnown is how many credentials are remembered to be right.
	maxKnown = 64
)

// bounded is a listener that accepts few connections at once, and few a second.
func bounded(l net.Listener) net.Listener {
	return &slowed{netutil.LimitListener(l, maxConnections), rate.NewLimiter(acceptsPerSecond, maxConnections)}
}

type slowed struct {
	net.Listener
	limit *rate.Limiter
}

func (s *slowed) Accept() (net.Conn, error) {
	_ = s.limit.Wait(context.Background()) // fails only if its context ends
	return s.Listener.Accept()
}

// gate is before everything that requests cost. A request beyond the rate waits, and one
// that finds too many waiting is turned away.
type gate struct {
	inside  chan struct{} // has an element for each request
	all     *rate.Limiter
	guesses *rate.Limiter // with credentials that are not known to be right

	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
}

func newGate() *gate {
	return &gate{
		inside: make(chan struct{}, maxConnections), all: rate.NewLimiter(requestsPerSecond, requestsPerSecond),
		guesses: rate.NewLimiter(guessesPerSecond, 2*guessesPerSecond), known: map[[sha256.Size]byte]bool{},
	}
}

func (g *gate) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case g.inside <- struct{}{}:
			defer func() { <-g.inside }()
		default:
			w.Header().Set("Connection", "close")
			http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
			return
		}
		if g.all.Wait(r.Context()) != nil {
			return // the client has gone
		}
		credentials := r.Header.Get("Authorization")
		if credentials == "" {
			next.ServeHTTP(w, r)
			return
		}
		key := sha256.Sum256([]byte(credentials))
		if !g.isKnown(key) && g.guesses.Wait(r.Context()) != nil {
			return
		}
		answered := &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(answered, r)
		g.remember(key, answered.code != http.StatusUnauthorized)
	})
}

func (g *gate) isKnown(key [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known[key]
}

// remember notes whether credentials are right. What is right may change.
func (g *gate) remember(key [sha256.Size]byte, right bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !right {
		delete(g.known, key)
		return
	}
	if len(g.known) >= maxKnown {
		clear(g.known)
	}
	g.known[key] = true
}

// status notes the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}
