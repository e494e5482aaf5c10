package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/otwatch/otwatch/bench/targets/internal/program"
)

// httpRequest gets a URL, or the other one while tracing is off, over connections
// that are kept.
func httpRequest(traced, untraced string) func(context.Context) error {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	return func(ctx context.Context) error {
		url := traced
		if program.Untraced() {
			url = untraced
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
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
			return fmt.Errorf("get %s: %s", url, response.Status)
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
