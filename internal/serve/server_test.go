package serve

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sys/unix"
)

// logs keeps what was logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// rendered counts how often each page is rendered.
type rendered struct{ metrics, report, index, target atomic.Int64 }

func (r *rendered) pages() Pages {
	write := func(n *atomic.Int64, text string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s %d", text, n.Add(1))
			return err
		}
	}
	return Pages{
		Metrics: write(&r.metrics, "metrics"), MetricsType: "text/plain; version=0.0.4", Report: write(&r.report, "report"), Index: write(&r.index, "index"),
		Target: func(w io.Writer, pid int, startTicks uint64) error {
			if pid != 4711 || startTicks != 99 {
				return ErrUnknown
			}
			return write(&r.target, "target")(w)
		},
		Style: "style", Script: "script",
	}
}

func newServer(t *testing.T, options Options) (*Server, *logs) {
	t.Helper()
	var l logs
	options.Logger = slog.New(slog.NewTextHandler(&l, nil))
	if options.Address == "" {
		options.Address = ":0"
	}
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, &l
}

// get returns the answer to a request, which change may alter.
func get(t *testing.T, client *http.Client, url string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestRoutes(t *testing.T) {
	s, _ := newServer(t, Options{Interval: time.Hour})
	var r rendered
	early := map[string]int{"/healthz": 200, "/readyz": 503, "/metrics": 503, "/": 503}
	for path, want := range early {
		if answer, _ := get(t, http.DefaultClient, s.URL()+path[1:], nil); answer.StatusCode != want {
			t.Errorf("before it is ready, %s is %d, want %d", path, answer.StatusCode, want)
		}
	}
	s.Ready(r.pages())
	tests := []struct {
		path string
		code int
		kind string
		body string
	}{
		{"/healthz", 200, "text/plain; charset=utf-8", "ok\n"},
		{"/readyz", 200, "text/plain; charset=utf-8", "ready\n"},
		{"/", 200, html, "index 1"},
		{"/metrics", 200, "text/plain; version=0.0.4", "metrics 1"},
		{"/api/v1/report", 200, "application/json", "report 1"},
		{"/target/4711-99", 200, html, "target 1"},
		{"/target/4711-98", 404, "text/plain; charset=utf-8", "no such process is watched\n"},
		{"/target/04711-99", 404, "text/plain; charset=utf-8", "no such process is watched\n"},
		{"/target/4711-099", 404, "text/plain; charset=utf-8", "no such process is watched\n"},
		{"/target/+4711-99", 404, "text/plain; charset=utf-8", "no such process is watched\n"},
		{"/target/../../etc/passwd", 404, "", ""},
		{"/target/x", 404, "text/plain; charset=utf-8", "no such process is watched\n"},
		{"/style.css", 200, "text/css; charset=utf-8", "style"},
		{"/live.js", 200, "text/javascript; charset=utf-8", "script"},
		{"/debug/pprof/", 404, "", ""},
	}
	for range 2 { // the second time from the cache
		for _, tt := range tests {
			answer, body := get(t, http.DefaultClient, strings.TrimSuffix(s.URL(), "/")+tt.path, nil)
			if answer.StatusCode != tt.code || tt.kind != "" && (answer.Header.Get("Content-Type") != tt.kind || body != tt.body) {
				t.Errorf("%s: %d, %s, %q", tt.path, answer.StatusCode, answer.Header.Get("Content-Type"), body)
			}
			if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %q", tt.path, policy)
			}
		}
	}
	answer, _ := get(t, http.DefaultClient, s.URL()+"metrics", nil)
	unchanged, body := get(t, http.DefaultClient, s.URL()+"metrics", func(r *http.Request) { r.Header.Set("If-None-Match", answer.Header.Get("ETag")) })
	if unchanged.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("what is unchanged is %d", unchanged.StatusCode)
	}
}

// TestPagesWaitForTheAttach, so that who opens one at once sees no error.
func TestPagesWaitForTheAttach(t *testing.T) {
	s, _ := newServer(t, Options{Interval: time.Hour})
	var r rendered
	time.AfterFunc(100*time.Millisecond, func() { s.Ready(r.pages()) })
	if answer, body := get(t, http.DefaultClient, s.URL(), nil); answer.StatusCode != 200 || body != "index 1" {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
}

// TestRequestsThatAreRefused cost a line each.
func TestRequestsThatAreRefused(t *testing.T) {
	s, _ := newServer(t, Options{Interval: time.Hour})
	var r rendered
	s.Ready(r.pages())
	tests := map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"a POST":             {func(r *http.Request) { r.Method = http.MethodPost }, 405},
		"a body":             {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1 }, 413},
		"an endless body":    {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), -1 }, 413},
		"another name":       {func(r *http.Request) { r.Host = "rebound.example:9464" }, 421},
		"localhost":          {func(r *http.Request) { r.Host = "localhost:9464" }, 200},
		"an IPv6 address":    {func(r *http.Request) { r.Host = "[::1]:9464" }, 200},
		"an encoding":        {func(r *http.Request) { r.Header.Set("Accept-Encoding", "br, gzip;q=0") }, 200},
		"a path of any kind": {func(r *http.Request) { r.URL.Path = "/%00/\xff" }, 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if answer, body := get(t, http.DefaultClient, s.URL(), tt.change); answer.StatusCode != tt.want {
				t.Errorf("%d, want %d: %s", answer.StatusCode, tt.want, body)
			}
		})
	}
}

// TestManyRequestsRenderOnce: whatever clients do, a page is rendered once an interval, and
// rendering takes a bounded part of the time.
func TestManyRequestsRenderOnce(t *testing.T) {
	s, _ := newServer(t, Options{Interval: time.Hour})
	var r rendered
	s.Ready(r.pages())
	var clients sync.WaitGroup
	for range 40 {
		clients.Go(func() { get(t, http.DefaultClient, s.URL(), nil) })
	}
	clients.Wait()
	if n := r.index.Load(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
}

func TestRenderingIsAPartOfTheTime(t *testing.T) {
	c := newCache(0, make(chan struct{}, 1)) // nothing stays fresh
	const each = 5 * time.Millisecond
	began := time.Now()
	const pages = 4
	for range pages {
		if _, err := c.get(t.Context(), "/", func(io.Writer) error { time.Sleep(each); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < (pages-1)*renderPart*each {
		t.Errorf("%d pages of %v took %v: rendering takes more than one part in %d", pages, each, took, renderPart)
	}
}

// TestPagesKeptAreBounded however many there are.
func TestPagesKeptAreBounded(t *testing.T) {
	c := newCache(time.Hour, make(chan struct{}, 1))
	for i := range 3 * maxKept {
		if _, err := c.get(t.Context(), fmt.Sprint(i), func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.pages) != maxKept || c.kept(fmt.Sprint(3*maxKept-1)) == nil {
		t.Errorf("%d pages are kept", len(c.pages))
	}
}

// TestSlowClientsAreCutOff: they hold a connection for a bounded time, and others get
// answers meanwhile.
func TestSlowClientsAreCutOff(t *testing.T) {
	s, _ := newServer(t, Options{Interval: time.Hour})
	var r rendered
	s.Ready(r.pages())
	slow := make([]net.Conn, maxConnections/2)
	for i := range slow {
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
		slow[i] = conn
	}
	if answer, _ := get(t, http.DefaultClient, s.URL(), nil); answer.StatusCode != 200 {
		t.Errorf("beside slow clients: %d", answer.StatusCode)
	}
	_ = slow[0].SetReadDeadline(time.Now().Add(headerTimeout + 30*time.Second))
	began := time.Now()
	_, err := bufio.NewReader(slow[0]).ReadString('\n')
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %v a slow client is not cut off: %v", time.Since(began), err)
	}
}

// webConfig writes a web config file and a certificate.
func webConfig(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"web.yml":  []byte(text),
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "web.yml")
}

// TestTLSAndPasswords serves only who knows the password, and compares few wrong ones.
func TestTLSAndPasswords(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s, l := newServer(t, Options{Interval: time.Hour, Config: webConfig(t,
		"tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\nbasic_auth_users:\n  ada: "+string(hash)+"\n")})
	var r rendered
	s.Ready(r.pages())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	with := func(password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("ada", password) }
	}
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Fatal(s.URL())
	}
	if answer, body := get(t, client, s.URL(), with("open sesame")); answer.StatusCode != 200 || body != "index 1" {
		t.Errorf("with the password: %d %s\n%s", answer.StatusCode, body, l)
	}
	if answer, _ := get(t, client, s.URL(), nil); answer.StatusCode != 401 {
		t.Errorf("without: %d", answer.StatusCode)
	}
	began := time.Now()
	const guesses = 2*guessesPerSecond + 3
	for i := range guesses {
		if answer, _ := get(t, client, s.URL(), with(fmt.Sprint(i))); answer.StatusCode != 401 {
			t.Errorf("with a wrong one: %d", answer.StatusCode)
		}
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("%d guesses took %v", guesses, took)
	}
	began = time.Now()
	get(t, client, s.URL(), with("open sesame"))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("who knows the password waited %v", took)
	}
}

// TestBadConfigs are refused with file and line before anything listens.
func TestBadConfigs(t *testing.T) {
	tests := map[string]struct {
		text string
		says string
	}{
		"no YAML":          {"tls_server_config:\n\tcert_file: x\n", "web.yml:2: "},
		"unknown key":      {"tls_server_config:\n  cert_file: cert.pem\n  certificate: x\n", "web.yml:3: field certificate not found"},
		"no certificate":   {"# comment\ntls_server_config:\n  key_file: key.pem\n  cert_file: nowhere.pem\n", "web.yml:4: "},
		"no key":           {"tls_server_config:\n  cert_file: cert.pem\n", "web.yml:2: missing one of key or key_file"},
		"a bad key":        {"tls_server_config:\n  cert_file: cert.pem\n  key_file: web.yml\n", "web.yml:2: "},
		"a plain password": {"basic_auth_users:\n  bob: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n  ada: secret\n", "web.yml:3: the password of ada is not hashed"},
		"a bad header":     {"http_server_config:\n  headers:\n    X-Other: y\n", "web.yml:3: "},
		"a client policy":  {"tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n  client_auth_type: Perhaps\n", "web.yml:4: invalid ClientAuth"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{Address: ":0", Config: webConfig(t, tt.text), Logger: slog.New(slog.DiscardHandler)})
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, want an ErrConfig of one line with %q", err, tt.says)
			}
		})
	}
	if _, err := New(Options{Address: ":0", Config: "/nowhere/web.yml", Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "/nowhere/web.yml") {
		t.Errorf("no file: %v", err)
	}
}

func TestBadAddresses(t *testing.T) {
	for _, address := range []string{"", "9464", "localhost", ":99999", ":http", "a b:1", "::1:80"} {
		if _, err := New(Options{Address: address, Logger: slog.New(slog.DiscardHandler)}); err == nil || address != "a b:1" && !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v", address, err)
		}
	}
	taken, _ := newServer(t, Options{})
	_, err := New(Options{Address: taken.Addr().String(), Logger: slog.New(slog.DiscardHandler)})
	if err == nil || errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a used port: %v", err)
	}
}

// TestPortsThatAreNotAllowed are told from other errors, with what to do.
func TestPortsThatAreNotAllowed(t *testing.T) {
	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil || strings.TrimSpace(string(content)) != "1024" {
		t.Skipf("this host's ports that need a capability are others: %s %v", content, err)
	}
	refused := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocks it, so that the thread ends with its privileges
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			refused <- err
			return
		}
		s, err := New(Options{Address: ":1023", Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = s.Close()
		}
		refused <- err
	}()
	if err := <-refused; !errors.Is(err, ErrNotAllowed) || errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "--listen :1023: ") || !strings.Contains(err.Error(), "CAP_NET_BIND_SERVICE") {
		t.Errorf("a port below 1024: %v", err)
	}
	for cause, want := range map[error]bool{unix.EACCES: true, unix.EPERM: true, unix.EADDRINUSE: false, unix.EADDRNOTAVAIL: false, unix.EMFILE: false} {
		err := advised(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)})
		if errors.Is(err, ErrNotAllowed) != want || !errors.Is(err, cause) {
			t.Errorf("%v: not allowed is %t", err, !want)
		}
	}
}

// TestLoopbackUnlessAHostIsGiven, where a line says who can look.
func TestLoopbackUnlessAHostIsGiven(t *testing.T) {
	s, l := newServer(t, Options{Address: ":0"})
	if !s.Addr().(*net.TCPAddr).IP.IsLoopback() || l.String() != "" {
		t.Errorf("listens on %v\n%s", s.Addr(), l)
	}
	all, l := newServer(t, Options{Address: "0.0.0.0:0"})
	if all.Addr().(*net.TCPAddr).IP.IsLoopback() || !strings.Contains(l.String(), "web.config.file") {
		t.Errorf("listens on %v\n%s", all.Addr(), l)
	}
}
