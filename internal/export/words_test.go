package export

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestConnectionsCutOff: whether the other side's close, its reset or its answer is seen first is
// left to chance. The advice is the same.
func TestConnectionsCutOff(t *testing.T) {
	for cause, op := range map[error]string{unix.ECONNRESET: "read", unix.EPIPE: "write", net.ErrClosed: "write"} {
		inner := cause
		if cause != net.ErrClosed {
			inner = os.NewSyscallError(op, cause)
		}
		err := fmt.Errorf("target 7: %w", &url.Error{Op: "Post", URL: "x", Err: &net.OpError{Op: op, Net: "tcp", Err: inner}})
		for address, want := range map[string]string{"https://h:4318": "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "http://h:4318": "--protocol grpc"} {
			if got := (endpoint{protocol: HTTP, url: address}).advice(err); !strings.Contains(got, want) {
				t.Errorf("%v from %s: %q, want %q", cause, address, got, want)
			}
		}
	}
}

// TestResetIsToldByTheTransport: a server that closes without reading makes an error that cutOff
// knows, however package http wraps it.
func TestResetIsToldByTheTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // so that it resets
		_ = conn.Close()
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: answers{transport}}).Post(server.URL, "text/plain", strings.NewReader("x"))
	if err == nil {
		_ = answer.Body.Close()
		t.Fatal("there was an answer")
	}
	if got := (endpoint{protocol: HTTP, url: server.URL}).advice(err); !strings.Contains(got, "--protocol grpc") {
		t.Errorf("%v: %q", err, got)
	}
}
