package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// ErrConfig matches every error about an address or a web config file that cannot be used:
// a usage error.
var ErrConfig = errors.New("web server configuration")

// ErrUnknown says that there is no such target.
var ErrUnknown = errors.New("no such process is watched")

// Options are what a Server serves, and where.
type Options struct {
	Address string // host:port, or :port for loopback
	// Config is a file in the format of Prometheus's exporter-toolkit, with TLS and basic
	// authentication; empty: plain text for everybody.
	Config   string
	Interval time.Duration // pages that are younger are not rendered again
	Logger   *slog.Logger
}

// Pages render what is served. They are not called concurrently.
type Pages struct {
	Metrics     func(io.Writer) error // for Prometheus
	MetricsType string                // content type of Metrics
	Report      func(io.Writer) error // JSON
	Index       func(io.Writer) error // HTML
	// Target renders the HTML of one target. Its error matches ErrUnknown if there is none.
	Target        func(w io.Writer, pid int, startTicks uint64) error
	Style, Script string
}

// Server serves from a goroutine of its own. Until Ready is called it answers only that it
// is alive.
type Server struct {
	http     *http.Server
	listener net.Listener
	handler  *handler
	secure   bool          // TLS
	done     chan struct{} // closed when Serve has returned
	err      error         // of Serve
}

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10
	maxStreams    = 8 // of an HTTP/2 connection
)

// New listens and begins to answer. An error that matches ErrConfig is the user's.
func New(options Options) (*Server, error) {
	address, err := parseAddress(options.Address)
	if err != nil {
		return nil, err
	}
	secure, err := checkWebConfig(options.Config)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", options.Address, advised(err))
	}
	loopback := isLoopback(listener.Addr())
	if !loopback && options.Config == "" {
		options.Logger.Warn("everybody who can reach this address sees all figures; --web.config.file adds TLS and passwords", "listen", listener.Addr().String())
	}
	s := &Server{listener: listener, secure: secure, handler: newHandler(options.Interval, loopback), done: make(chan struct{})}
	s.http = &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog: log.New(io.Discard, "", 0), // clients could fill the log
	}
	gate := newGate()
	s.http.BaseContext = func(net.Listener) context.Context {
		// Now the toolkit has put its check of passwords before the handler. The gate
		// bounds what that costs, too.
		s.http.Handler = gate.before(s.http.Handler)
		return context.Background()
	}
	quiet := slog.New(warnings{options.Logger.Handler()})
	go func() {
		defer close(s.done)
		s.err = web.Serve(bounded(listener), s.http, &web.FlagConfig{WebConfigFile: &options.Config}, quiet)
	}()
	return s, nil
}

// Addr is where the Server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is that of the page for people.
func (s *Server) URL() string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return scheme + "://" + s.Addr().String() + "/"
}

// Ready makes the Server serve pages. Call it once.
func (s *Server) Ready(pages Pages) {
	s.handler.pages.Store(&pages)
	close(s.handler.attached)
}

// Close stops the Server. Answers under way get a second.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // connections that are cut off
	}
	_ = s.listener.Close() // closed already, unless Serve has not begun
	<-s.done
	if errors.Is(s.err, http.ErrServerClosed) || errors.Is(s.err, net.ErrClosed) {
		return nil
	}
	return s.err
}

// warnings are a log without what the toolkit says of itself.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// parseAddress is the address to listen on: loopback unless there is a host.
func parseAddress(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if n, parseErr := strconv.ParseUint(port, 10, 16); err != nil || parseErr != nil || n == 0 && port != "0" {
		return "", fmt.Errorf("%w: --listen %q: want :PORT for this machine only, or HOST:PORT, such as :9464 or 0.0.0.0:9464", ErrConfig, address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
