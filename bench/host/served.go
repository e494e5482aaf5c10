package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/otwatch/otwatch/bench/internal/subject"
)

// served is what --listen answers with many targets.
func (c crowd) served() row {
	return row{
		name: fmt.Sprintf("attach --all --listen, %v", c),
		figures: []figure{
			{"/metrics", "MB", 5},
			{"/metrics: time", "ms", 50},
			{"the page of one target", "kB", 300},
		},
		measure: c.measureServing,
	}
}

func (c crowd) measureServing(ctx context.Context, b *subject.Bench, cfg config) (figures []float64, err error) {
	targets, err := c.gather(ctx, b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, targets.Disperse()) }()
	address, err := subject.FreeAddress()
	if err != nil {
		return nil, err
	}
	_, err = c.while(ctx, b, cfg, func(int) error {
		metrics, took, err := get(ctx, "http://"+address+"/metrics")
		if err != nil {
			return err
		}
		page, err := onePage(ctx, "http://"+address)
		figures = []float64{float64(len(metrics)) / 1e6, took.Seconds() * 1000, float64(len(page)) / 1e3}
		return err
	}, "--output", "none", "--listen", address)
	return figures, err
}

// onePage is the page of a target that the first page links to.
func onePage(ctx context.Context, base string) ([]byte, error) {
	index, _, err := get(ctx, base+"/")
	if err != nil {
		return nil, err
	}
	link := regexp.MustCompile(`href="/?(target/[^"]+)"`).FindSubmatch(index)
	if link == nil {
		return nil, errors.New("the first page links to no target")
	}
	page, _, err := get(ctx, base+"/"+string(link[1]))
	return page, err
}

// get reads a page, as it is without compression.
func get(ctx context.Context, url string) ([]byte, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Accept-Encoding", "identity")
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return body, time.Since(began), err
}
