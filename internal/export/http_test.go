package export

import (
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/otwatch/otwatch/internal/report"
)

// web is a receiver of OTLP over HTTP in front of a receiver. What respond answers is not
// received.
type web struct {
	*receiver
	paths   atomic.Value // of the last request
	header  atomic.Value
	respond func(http.ResponseWriter) bool
}

func newWeb() *web { return &web{receiver: &receiver{hits: map[int64][]int64{}}} }

func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.paths.Store(r.URL.Path)
	s.header.Store(r.Header.Clone())
	if s.respond != nil && s.respond(w) {
		return
	}
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	sent, err := io.ReadAll(body)
	var request collector.ExportMetricsServiceRequest
	if err = errors.Join(err, proto.Unmarshal(sent, &request)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = s.Export(r.Context(), &request)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// TestOverHTTP delivers with everything that the variables set.
func TestOverHTTP(t *testing.T) {
	receiver := newWeb()
	server := httptest.NewServer(receiver)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret")
	s, l := newTestSender(t, Options{Endpoint: server.URL + "/api/v1/otlp", Interval: time.Hour})
	s.Update([]report.Report{reportOf(1, 10), reportOf(2, 20)})
	if err := closeWithin(t, s, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	header := receiver.header.Load().(http.Header)
	if receiver.last(1) != 10 || receiver.last(2) != 20 || receiver.paths.Load() != "/api/v1/otlp/v1/metrics" ||
		header.Get("Content-Encoding") != "gzip" || header.Get("Authorization") != "Bearer secret" {
		t.Errorf("arrived: %v at %v with %v\n%s", receiver.hits, receiver.paths.Load(), header, l)
	}
}

// TestOutagesOverHTTPLoseNothing: the newest totals arrive when the receiver is back.
func TestOutagesOverHTTPLoseNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	s, l := newTestSender(t, Options{Endpoint: address, Protocol: HTTP, Interval: 20 * time.Millisecond})
	s.Update([]report.Report{reportOf(1, 10)})
	eventually(t, "several exports have failed", func() bool { return s.Stats().Failed > 3 })
	s.Update([]report.Report{reportOf(1, 20)})
	receiver := newWeb()
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: receiver}}
	server.Start()
	defer server.Close()
	eventually(t, "the newest totals arrive", func() bool { return receiver.last(1) == 20 })
	eventually(t, "the end of the outage is told", func() bool { return l.infos() == 1 })
	if arrived := receiver.arrived(1); len(arrived) != 1 || l.warnings() != 1 || !strings.Contains(l.String(), "failed_exports=") {
		t.Errorf("arrived %v:\n%s", arrived, l)
	}
}

// TestWhatIsWrongIsSaidOnce has receivers that refuse, that are none, or speak something
// else. One line says what to do, however often sending fails.
func TestWhatIsWrongIsSaidOnce(t *testing.T) {
	status := func(code int, header, value, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, value)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		})
	}
	plain := func(h http.Handler) func(t *testing.T) string {
		return func(t *testing.T) string {
			s := httptest.NewUnstartedServer(h)
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.Start()
			t.Cleanup(s.Close)
			return s.Listener.Addr().String()
		}
	}
	secure := func(t *testing.T) string {
		s := httptest.NewUnstartedServer(newWeb())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	overGRPC := func(t *testing.T) string {
		r := newReceiver(t)
		r.start(t)
		return r.address
	}
	another := func(t *testing.T) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		go func() { _ = server.Serve(listener) }() // returns when Stop is called
		t.Cleanup(server.Stop)
		return listener.Addr().String()
	}
	tests := []struct {
		name     string
		receiver func(*testing.T) string
		scheme   string
		path     string
		protocol Protocol
		says     []string
	}{
		{"no such path", plain(http.NotFoundHandler()), "http", "/otlp", HTTP, []string{"404", "/otlp/v1/metrics", "/api/v1/otlp/v1/metrics"}},
		{"a page", plain(status(200, "Content-Type", "text/html", "<html>")), "http", "", HTTP, []string{"web page"}},
		{"a redirect", plain(status(302, "Location", "/login", "")), "http", "", HTTP, []string{"redirects to /login"}},
		{"no credentials", plain(status(401, "X", "", "who are you?")), "http", "", HTTP, []string{"401", "who are you?", "OTEL_EXPORTER_OTLP_HEADERS"}},
		{"too large", plain(status(413, "X", "", "")), "http", "", HTTP, []string{"413", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip"}},
		{"too often", plain(status(429, "Retry-After", "7", "slow down")), "http", "", HTTP, []string{"429", "slow down", "waits 7s"}},
		{"TLS to plain text", plain(newWeb()), "https", "", HTTP, []string{"use http://"}},
		{"plain text to TLS", secure, "http", "", HTTP, []string{"use https://"}},
		{"an unknown authority", secure, "https", "", HTTP, []string{"OTEL_EXPORTER_OTLP_CERTIFICATE"}},
		{"HTTP to gRPC", overGRPC, "http", "", HTTP, []string{"--protocol grpc"}},
		{"gRPC to HTTP", plain(newWeb()), "http", "", GRPC, []string{"--protocol http/protobuf"}},
		{"gRPC with TLS to plain text", overGRPC, "https", "", GRPC, []string{"use http://"}},
		{"gRPC with TLS to HTTP", plain(newWeb()), "https", "", GRPC, []string{"use http://"}},
		{"gRPC in plain text to TLS", secure, "http", "", GRPC, []string{"https://"}},
		{"another gRPC server", another, "http", "", GRPC, []string{"does not take OTLP metrics"}},
		{"nobody", func(*testing.T) string { return "127.0.0.1:1" }, "http", "", HTTP, []string{"connection refused"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			endpoint := fmt.Sprintf("%s://%s%s", tt.scheme, tt.receiver(t), tt.path)
			s, l := newTestSender(t, Options{Endpoint: endpoint, Protocol: tt.protocol, Interval: 5 * time.Millisecond})
			s.Update([]report.Report{reportOf(1, 10)})
			eventually(t, "it has failed", func() bool { return s.Stats().Failed > 0 })
			if tt.name != "too often" { // which waits
				eventually(t, "it has failed again", func() bool { return s.Stats().Failed > 2 })
			}
			for _, words := range tt.says {
				if !strings.Contains(l.String(), words) {
					t.Errorf("no word of %q:\n%s", words, l)
				}
			}
			if l.warnings() != 1 || strings.Count(l.String(), "\n") != 1 {
				t.Errorf("want one line:\n%s", l)
			}
		})
	}
}

// TestPartialSuccess is said once, and what was taken is not sent again.
func TestPartialSuccess(t *testing.T) {
	receiver := newWeb()
	var requests atomic.Int64
	receiver.respond = func(w http.ResponseWriter) bool {
		requests.Add(1)
		body, _ := proto.Marshal(&collector.ExportMetricsServiceResponse{
			PartialSuccess: &collector.ExportMetricsPartialSuccess{RejectedDataPoints: 3, ErrorMessage: "out of order"}})
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(body)
		return true
	}
	server := httptest.NewServer(receiver)
	defer server.Close()
	s, l := newTestSender(t, Options{Endpoint: server.URL, Protocol: HTTP, Interval: 5 * time.Millisecond})
	for hits := range uint64(3) {
		s.Update([]report.Report{reportOf(1, 10+hits)})
		eventually(t, "it is sent", func() bool { return requests.Load() == int64(1+hits) })
	}
	time.Sleep(50 * time.Millisecond)
	_ = closeWithin(t, s, 10*time.Second) // says the same
	if requests.Load() != 3 || l.warnings() != 2 || !strings.Contains(l.String(), "out of order (3 metric data points rejected)") || !strings.Contains(l.String(), "exports=3") {
		t.Errorf("%d requests, want 3, a line and a count:\n%s", requests.Load(), l)
	}
}

// TestRetryAfter is respected, whatever its form, within reason.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, "-1": 0, "soon": 0, "4000000": maxWait,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := waitFor(header, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", header, got, want)
		}
	}
	a := &answer{status: 429, wait: time.Minute}
	if err := fmt.Errorf("sent: %w", a); !unreachable(err) || throttle(err) != time.Minute {
		t.Error("429 is not waited for")
	}
}

// TestMutualTLSOverHTTP presents the certificate of the environment.
func TestMutualTLSOverHTTP(t *testing.T) {
	certificate, key := ownCertificate(t)
	receiver := newWeb()
	server := httptest.NewUnstartedServer(receiver)
	pool := x509.NewCertPool()
	content, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	pool.AppendCertsFromPEM(content)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", authority)
	send := func() error {
		s, l := newTestSender(t, Options{Endpoint: server.URL, Protocol: HTTP, Interval: time.Hour})
		s.Update([]report.Report{reportOf(1, 10)})
		if err := closeWithin(t, s, 10*time.Second); err != nil {
			return fmt.Errorf("%w\n%s", err, l)
		}
		return nil
	}
	if err := send(); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") {
		t.Errorf("without a certificate: %v", err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", certificate)
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", key)
	if err := send(); err != nil || receiver.last(1) != 10 {
		t.Errorf("with it: %v", err)
	}
}

// TestBadCertificates are refused before anything is sent, by variable and file.
func TestBadCertificates(t *testing.T) {
	certificate, key := ownCertificate(t)
	_, otherKey := ownCertificate(t)
	tests := map[string]map[string]string{
		"no such file":        {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere/ca.pem"},
		"no certificate":      {"OTEL_EXPORTER_OTLP_CERTIFICATE": key},
		"CLIENT_KEY":          {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certificate},
		"private key does":    {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY": otherKey},
		"failed to find cert": {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": key, "OTEL_EXPORTER_OTLP_CLIENT_KEY": key},
	}
	for says, env := range tests {
		t.Run(says, func(t *testing.T) {
			for name, value := range env {
				t.Setenv(name, value)
			}
			for _, protocol := range []Protocol{GRPC, HTTP} {
				var l logs
				_, err := NewSender(context.Background(), Options{Endpoint: "https://127.0.0.1:1", Protocol: protocol, Logger: l.logger()})
				if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_") {
					t.Errorf("%s: %v, want an ErrConfig with %q", protocol, err, says)
				}
			}
		})
	}
}

// ownCertificate makes a certificate that signs itself, and its key, as files.
func ownCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: rawKey}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
