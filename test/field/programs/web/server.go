package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/otwatch/otwatch/test/field/programs/load"
)

// pages has a page, and a stream of events.
func pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/page", page)
	mux.HandleFunc("/events", events)
	return otelhttp.NewHandler(mux, "server")
}

func page(w http.ResponseWriter, _ *http.Request) {
	load.Add(load.Requests, 1)
	_, _ = w.Write(make([]byte, 64<<10))
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		fmt.Fprint(w, "data: x\n\n")
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(tick):
		}
	}
}

// drive sends requests to a server.
func drive(ctx context.Context, cfg config) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	for range cfg.streams {
		go get(ctx, client, "http://"+cfg.peer+"/events", true)
	}
	if cfg.more > 0 {
		go load.Every(cfg.more, func(int) { get(ctx, client, "http://"+cfg.peer+"/events", true) })
	}
	load.Every(cfg.rate, func(int) { get(ctx, client, "http://"+cfg.peer+"/page", true) })
}

// get sends a request and reads the answer, or only closes it.
func get(ctx context.Context, client *http.Client, url string, read bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		load.Handle(err)
		return
	}
	answer, err := client.Do(request)
	if err != nil {
		load.Handle(err)
		return
	}
	if read {
		_, _ = io.Copy(io.Discard, answer.Body)
	}
	answer.Body.Close()
}
