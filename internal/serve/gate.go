package serve

import (
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"strconv"
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
	// maxGuesses is how many of these wait, maxGuessesOfOne how many from one address: so
	// one client cannot keep others from being compared.
	maxGuesses      = 8
	maxGuessesOfOne = maxGuesses / 2
	// keptForKnown is how many requests only those with known credentials may make.
	keptForKnown = maxConnections / 4
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
// that finds too many waiting is turned away. Guesses wait before they take a place, and a
// part of the places is left to those who are known.
type gate struct {
	inside    chan struct{} // has an element for each request
	strangers chan struct{} // has an element for each of these whose credentials are not known to be right
	all       *rate.Limiter
	guesses   *rate.Limiter // with credentials that are not known to be right

	mu       sync.Mutex
	known    map[[sha256.Size]byte]bool
	guessing map[string]int // how many guesses wait, by the client's address
	waiting  int            // in all
}

func newGate() *gate {
	return &gate{
		inside: make(chan struct{}, maxConnections), strangers: make(chan struct{}, maxConnections-keptForKnown),
		all: rate.NewLimiter(requestsPerSecond, requestsPerSecond), guesses: rate.NewLimiter(guessesPerSecond, 2*guessesPerSecond),
		known: map[[sha256.Size]byte]bool{}, guessing: map[string]int{},
	}
}

func (g *gate) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credentials := r.Header.Get("Authorization")
		key := sha256.Sum256([]byte(credentials))
		known := credentials != "" && g.isKnown(key)
		if credentials != "" && !known {
			if !g.queue(r) {
				w.Header().Set("Retry-After", strconv.Itoa(maxGuesses/guessesPerSecond))
				w.Header().Set("Connection", "close")
				http.Error(w, "too many passwords to compare at once", http.StatusTooManyRequests)
				return
			}
			err := g.guesses.Wait(r.Context())
			g.leaveQueue(r)
			if err != nil {
				return // the client has gone
			}
		}
		if !g.enter(known) {
			w.Header().Set("Connection", "close")
			http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
			return
		}
		defer g.leave(known)
		if g.all.Wait(r.Context()) != nil {
			return
		}
		if credentials == "" {
			next.ServeHTTP(w, r)
			return
		}
		answered := &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(answered, r)
		g.remember(key, answered.code != http.StatusUnauthorized)
	})
}

// enter takes a place, unless there is none.
func (g *gate) enter(known bool) bool {
	if !known {
		select {
		case g.strangers <- struct{}{}:
		default:
			return false
		}
	}
	select {
	case g.inside <- struct{}{}:
		return true
	default:
		if !known {
			<-g.strangers
		}
		return false
	}
}

func (g *gate) leave(known bool) {
	<-g.inside
	if !known {
		<-g.strangers
	}
}

// queue lets a guess wait, unless too many do, of all clients or of this one.
func (g *gate) queue(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := client(r)
	if g.waiting >= maxGuesses || g.guessing[from] >= maxGuessesOfOne {
		return false
	}
	g.waiting++
	g.guessing[from]++
	return true
}

func (g *gate) leaveQueue(r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := client(r)
	g.waiting--
	if g.guessing[from]--; g.guessing[from] == 0 {
		delete(g.guessing, from)
	}
}

// client is the address of the client, without its port.
func client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
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
