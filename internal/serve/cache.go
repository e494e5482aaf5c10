package serve

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"sync"
	"time"
)

const (
	// renderPart bounds the share of time that goes into rendering a cache's pages to one
	// part in renderPart, whatever is asked for.
	renderPart = 20
	// maxPause bounds how long a request waits for that.
	maxPause = 10 * time.Second
	// keepFor is how long a page is kept after it was rendered.
	keepFor = time.Minute
	// maxKept is how many pages are kept.
	maxKept = 16
	// maxWaiting is how many requests wait for pages of one cache. It leaves places at the
	// gate to requests for others.
	maxWaiting = (maxConnections - keptForKnown) / 2
)

// errBusy says that too many requests wait already.
var errBusy = errors.New("too many pages are asked for at once")

// page is a rendered page.
type page struct {
	made   time.Time
	plain  []byte
	zipped []byte
	tag    string // for If-None-Match
}

// cache has the newest pages, and renders others one at a time. Pages of other caches do not
// wait for its pauses.
type cache struct {
	fresh     time.Duration // pages that are younger are not rendered again
	rendering chan struct{} // held by whoever renders, of all caches
	waiting   chan struct{} // has an element for each request that waits
	turn      chan struct{} // held by whoever renders, or pauses before that
	next      time.Time     // not before then; used by whoever has the turn

	mu    sync.Mutex
	pages map[string]*page
}

func newCache(fresh time.Duration, rendering chan struct{}) *cache {
	return &cache{fresh: fresh, rendering: rendering, waiting: make(chan struct{}, maxWaiting), turn: make(chan struct{}, 1), pages: map[string]*page{}}
}

// get returns the page of a key, which render renders if there is none that is fresh.
func (c *cache) get(ctx context.Context, key string, render func(io.Writer) error) (*page, error) {
	if p := c.kept(key); p != nil {
		return p, nil
	}
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return nil, errBusy
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p := c.kept(key); p != nil { // rendered meanwhile
		return p, nil
	}
	select {
	case <-time.After(min(time.Until(c.next), maxPause)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, took, err := c.render(ctx, render)
	c.next = time.Now().Add((renderPart - 1) * took)
	if err != nil {
		return nil, err
	}
	c.keep(key, p)
	return p, nil
}

// render renders a page while no other is rendered. took is how long that took.
func (c *cache) render(ctx context.Context, render func(io.Writer) error) (p *page, took time.Duration, err error) {
	select {
	case c.rendering <- struct{}{}:
		defer func() { <-c.rendering }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	began := time.Now()
	p, err = newPage(render)
	return p, time.Since(began), err
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
func (c *cache) kept(key string) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pages[key]; p != nil && time.Since(p.made) < c.fresh {
		return p
	}
	return nil
}

func (c *cache) keep(key string, p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pages) >= maxKept && c.pages[key] == nil {
		oldest := key
		for other, q := range c.pages {
			if oldest == key || q.made.Before(c.pages[oldest].made) {
				oldest = other
			}
		}
		delete(c.pages, oldest)
	}
	c.pages[key] = p
	time.AfterFunc(keepFor, func() { c.forget(key, p) })
}

// forget drops a page unless a newer one has replaced it.
func (c *cache) forget(key string, p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages[key] == p {
		delete(c.pages, key)
	}
}
