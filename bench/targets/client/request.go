package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

// httpRequest gets a URL, or posts something there, or to the other one while tracing is off,
// over connections that are kept.
func httpRequest(traced, untraced, body string) func(context.Context) error {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	return func(ctx context.Context) error {
		url := traced
		if program.Untraced() {
			url = untraced
		}
		request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s %s: %s", method, url, response.Status)
		}
		return nil
	}
}

// grpcRequest calls grpcserver's one method over one connection.
func grpcRequest(address string) (func(context.Context) error, error) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	client := grpc_testing.NewTestServiceClient(connection)
	return func(ctx context.Context) error {
		_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		return err
	}, nil
}
