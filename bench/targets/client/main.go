// Command client makes paced requests to a server: so many a second, whatever
// the answers take. It is a process of its own, for the server's CPU time to be
// the server's.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"time"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

func main() {
	url := flag.String("http", "", "URL to get")
	untraced := flag.String("untraced", "", "URL to get while tracing is off, of a server that decides by the URL; \"\": the same")
	body := flag.String("body", "", "what to post; \"\": the URL is got")
	address := flag.String("grpc", "", "host:port of grpcserver to call")
	rate := flag.Float64("rate", 1000, "requests per second")
	duration := flag.Duration("duration", 10*time.Second, "how long to run")
	flag.Parse()
	program.Exit("client", run(*url, cmp.Or(*untraced, *url), *body, *address, *rate, *duration))
}

func run(url, untraced, body, address string, rate float64, duration time.Duration) error {
	request, err := requester(url, untraced, body, address)
	if err != nil {
		return err
	}
	program.AwaitBegin()
	return program.Finish(pace(context.Background(), request, rate, duration))
}

// requester returns the function that makes one request of the kind asked for.
func requester(url, untraced, body, address string) (func(context.Context) error, error) {
	switch {
	case url != "" && address == "":
		return httpRequest(url, untraced, body), nil
	case address != "" && url == "":
		return grpcRequest(address)
	}
	return nil, errors.New("request what? Give -http or -grpc")
}
