package serve

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"sync"
	"time"
)

const (
	// renderPart bounds the share of time that goes into rendering to one part in
	// renderPart, whatever is asked for.
	renderPart = 20
	// maxPause bounds how long a request waits for that.
	maxPause = 10 * time.Second
	// keepFor is how long a page is kept after it was rendered.
	keepFor = time.Minute
	// maxKept is how many pages are kept.
	maxKept = 16
)

// page is a rendered page.
type page struct {
	made   time.Time
	plain  []byte
	zipped []byte
	tag    string // for If-None-Match
}

// cache has the newest pages, and renders others one at a time.
type cache struct {
	fresh time.Duration // pages that are younger are not rendered again
	turn  chan struct{} // held by whoever renders
	next  time.Time     // not before then; used by whoever renders

	mu    sync.Mutex
	pages map[string]*page
}

func newCache(fresh time.Duration) *cache {
	return &cache{fresh: fresh, turn: make(chan struct{}, 1), pages: map[string]*page{}}
}

// get returns the page of a path, which render renders if there is none that is fresh.
func (c *cache) get(ctx context.Context, path string, render func(io.Writer) error) (*page, error) {
	if p := c.kept(path); p != nil {
		return p, nil
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p := c.kept(path); p != nil { // rendered meanwhile
		return p, nil
	}
	select {
	case <-time.After(min(time.Until(c.next), maxPause)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	p, err := newPage(render)
	c.next = time.Now().Add((renderPart - 1) * time.Since(began))
	if err != nil {
		return nil, err
	}
	c.keep(path, p)
	return p, nil
}

func newPage(render func(io.Writer) error) (*page, error) {
	var plain, zipped bytes.Buffer
	if err := render(&plain); err != nil {
		return nil, err
	}
	// The fastest level makes a tenth of such texts.
	zip, _ := gzip.NewWriterLevel(&zipped, gzip.BestSpeed) // the level exists
	_, _ = zip.Write(plain.Bytes())                        // a Buffer takes everything
	_ = zip.Close()
	sum := fnv.New64a()
	_, _ = sum.Write(plain.Bytes())
	return &page{time.Now(), plain.Bytes(), zipped.Bytes(), fmt.Sprintf(`"%x"`, sum.Sum64())}, nil
}

// kept returns a page that is fresh, or nil.
func (c *cache) kept(path string) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pages[path]; p != nil && time.Since(p.made) < c.fresh {
		return p
	}
	return nil
}

func (c *cache) keep(path string, p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pages) >= maxKept && c.pages[path] == nil {
		oldest := path
		for other, q := range c.pages {
			if oldest == path || q.made.Before(c.pages[oldest].made) {
				oldest = other
			}
		}
		delete(c.pages, oldest)
	}
	c.pages[path] = p
	time.AfterFunc(keepFor, func() { c.forget(path, p) })
}

// forget drops a page unless a newer one has replaced it.
func (c *cache) forget(path string, p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages[path] == p {
		delete(c.pages, path)
	}
}
