package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// rate is how many requests a second a server gets.
const rate = 100

// drive sends requests until ctx is done, and returns how many were answered.
func (p program) drive(ctx context.Context, at place) (answered int) {
	ticker := time.NewTicker(time.Second / rate)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return answered
		case <-ticker.C:
			if p.ask(at) == nil {
				answered++
			}
		}
	}
}

// ask sends one request and reads its answer.
func (p program) ask(at place) error {
	request, err := p.request(at)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	return nil
}

// serving waits until the program answers.
func (p program) serving(ctx context.Context, at place) error {
	for {
		err := p.ask(at)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve: %w", p.name, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
