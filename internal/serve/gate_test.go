package serve

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asking sends one request through a gate, and returns the status of the answer.
func asking(t *testing.T, gated http.Handler, from, password string) int {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.RemoteAddr = from + ":1234"
	if password != "" {
		r.SetBasicAuth("ada", password)
	}
	w := httptest.NewRecorder()
	gated.ServeHTTP(w, r)
	return w.Code
}

// guarded lets in who knows the password.
func guarded(g *gate) http.Handler {
	return g.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
}

// TestGuessesKeepNobodyOut: neither who is known to know the password, nor who knows it and
// comes from another address.
func TestGuessesKeepNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gated := guarded(newGate())
		if code := asking(t, gated, "192.0.2.1", "right"); code != http.StatusOK {
			t.Fatalf("with the password: %d", code)
		}
		var guesses sync.WaitGroup
		var mu sync.Mutex
		codes := map[int]int{}
		for range 4 * maxConnections {
			guesses.Go(func() {
				code := asking(t, gated, "192.0.2.66", "wrong")
				mu.Lock()
				defer mu.Unlock()
				codes[code]++
			})
		}
		synctest.Wait() // now as many guesses wait as may
		began := time.Now()
		if code := asking(t, gated, "192.0.2.1", "right"); code != http.StatusOK || time.Since(began) > 0 {
			t.Errorf("who is known gets %d after %v", code, time.Since(began))
		}
		if code := asking(t, gated, "192.0.2.2", "wrong, too"); code != http.StatusUnauthorized || time.Since(began) > maxGuesses*time.Second/guessesPerSecond {
			t.Errorf("who comes from elsewhere gets %d after %v", code, time.Since(began))
		}
		guesses.Wait()
		const compared = 2*guessesPerSecond - 1 + maxGuessesOfOne // the first at once, but one for who was right
		if codes[http.StatusUnauthorized] != compared || codes[http.StatusTooManyRequests] != 4*maxConnections-compared {
			t.Errorf("guesses got %v, want %d of %d", codes, compared, http.StatusUnauthorized)
		}
	})
}

// TestPlacesAreKeptForTheKnown, whatever others do.
func TestPlacesAreKeptForTheKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		guarded := guarded(g)
		if code := asking(t, guarded, "192.0.2.1", "right"); code != http.StatusOK {
			t.Fatalf("with the password: %d", code)
		}
		slow := g.before(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }))
		var strangers sync.WaitGroup
		for range 2 * maxConnections {
			strangers.Go(func() { asking(t, slow, "192.0.2.66", "") })
		}
		time.Sleep(10 * time.Second)
		if code := asking(t, guarded, "192.0.2.1", ""); code != http.StatusServiceUnavailable {
			t.Errorf("one stranger too many gets %d", code)
		}
		if code := asking(t, guarded, "192.0.2.1", "right"); code != http.StatusOK {
			t.Errorf("who is known gets %d", code)
		}
		strangers.Wait()
		if len(g.inside) != 0 || len(g.strangers) != 0 || g.waiting != 0 || len(g.guessing) != 0 {
			t.Errorf("places are taken for good: %d, %d, %d, %v", len(g.inside), len(g.strangers), g.waiting, g.guessing)
		}
	})
}
