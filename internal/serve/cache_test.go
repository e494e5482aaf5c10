package serve

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowPages take that long to render, and must not be rendered at once.
func slowPages(t *testing.T, each time.Duration) *Pages {
	var busy sync.Mutex
	slow := func(w io.Writer) error {
		if !busy.TryLock() {
			t.Error("pages are rendered at once")
			return nil
		}
		defer busy.Unlock()
		time.Sleep(each)
		return write(w, "x")
	}
	return &Pages{Metrics: slow, Report: slow, Index: slow, Target: func(w io.Writer, _ int, _ uint64) error { return slow(w) }}
}

// TestScrapesDoNotWaitForPages that people open, however many.
func TestScrapesDoNotWaitForPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 400 * time.Millisecond
		h := newHandler(time.Second, false)
		h.pages.Store(slowPages(t, each))
		close(h.attached)
		served := newGate().before(h)
		ask := func(path string) (code int, took time.Duration) {
			began := time.Now()
			w := httptest.NewRecorder()
			served.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			return w.Code, time.Since(began)
		}
		var people sync.WaitGroup
		for i := range 60 {
			people.Go(func() { ask(fmt.Sprintf("/target/4711-%d", i)) })
		}
		time.Sleep(each / 2)
		if code, _ := ask("/"); code != http.StatusServiceUnavailable {
			t.Errorf("one page too many: %d", code)
		}
		for _, path := range []string{"/style.css", "/metrics", "/api/v1/report"} {
			if code, took := ask(path); code != http.StatusOK || took > 2*time.Second {
				t.Errorf("%s: %d after %v", path, code, took)
			}
		}
		people.Wait()
	})
}

// TestFormsOfATargetAreNotRendered: only one has a page, whatever others there are.
func TestFormsOfATargetAreNotRendered(t *testing.T) {
	for _, id := range []string{"", "-", "4711", "4711-", "-99", "04711-99", "004711-099", "4711-099", "+4711-99", "4711-+99", "4711-99-", "4711--99", " 4711-99", "4711-99999999999999999999"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.SetPathValue("id", id)
		if key, _, err := target(r); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q is the page %q", id, key)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetPathValue("id", "4711-99")
	if key, _, err := target(r); key != "4711-99" || err != nil {
		t.Errorf("the page %q, %v", key, err)
	}
}
