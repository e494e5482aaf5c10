package failure

import "strconv"

// Holds is what the errors of a type hold.
type Holds uint8

const (
	Nothing Holds = iota // their type says all
	Text                 // a string
	Wrapped              // the error that they wrap
	Both
	List   // a slice of errors
	Number // they are a number
	Status // a code and a message of gRPC
)

// Shape is a type of errors: what they hold and where, in bytes from their beginning.
type Shape struct {
	Method string // its method Error, as an interface has it
	Holds  Holds
	Text   uint16
	Next   uint16
	says   func(own Level, wrapped string) string
}

// Shapes are the types of errors that are known. Package fmt makes the whole text when it
// makes the error, so what such an error wraps is not needed: since v1.17 the exporters of
// otlptrace return nothing else. The other types are those that older exporters, and
// exporters of other makers, return as they are.
// Sources: fmt/errors.go, errors/errors.go, errors/join.go, context/context.go, net/url/url.go,
// net/net.go, net/dnsclient.go, os/error.go, syscall/syscall_unix.go, crypto/tls/conn.go and
// common.go, net/http/client.go, internal/poll/fd.go; internal/status/status.go of gRPC;
// exporters/otlp/internal/wrappederror.go of v1.16; partialsuccess.go of the exporters.
var Shapes = []Shape{
	{Method: "fmt.(*wrapError).Error", Holds: Text, says: ownText},
	{Method: "fmt.(*wrapErrors).Error", Holds: Text, says: ownText},
	{Method: "fmt.(*fmtError).Error", Holds: Text, says: ownText},
	{Method: "errors.(*errorString).Error", Holds: Text, says: ownText},
	{Method: "errors.(*joinError).Error", Holds: List, says: firstOf},
	{Method: "context.(*deadlineExceededError).Error", says: always("context deadline exceeded")},
	{Method: "context.deadlineExceededError.Error", says: always("context deadline exceeded")},
	{Method: "net/url.(*Error).Error", Holds: Both, Text: 16, Next: 32, says: func(own Level, wrapped string) string { return "Post " + strconv.Quote(own.Text) + ": " + wrapped }},
	{Method: "net.(*OpError).Error", Holds: Both, Text: 0, Next: 64, says: joined(" tcp: ")},
	{Method: "os.(*SyscallError).Error", Holds: Both, Text: 0, Next: 16, says: joined(": ")},
	{Method: "syscall.(*Errno).Error", Holds: Number, says: errno},
	{Method: "syscall.Errno.Error", Holds: Number, says: errno},
	{Method: "net/http.(*timeoutError).Error", Holds: Text, says: ownText},
	{Method: "net/http.(*httpError).Error", Holds: Text, says: ownText},
	{Method: "internal/poll.(*DeadlineExceededError).Error", says: always("i/o timeout")},
	{Method: "net.(*timeoutError).Error", says: always("i/o timeout")},
	{Method: "crypto/tls.(*RecordHeaderError).Error", Holds: Text, says: prefixed("tls: ")},
	{Method: "crypto/tls.RecordHeaderError.Error", Holds: Text, says: prefixed("tls: ")},
	{Method: "crypto/tls.(*CertificateVerificationError).Error", Holds: Wrapped, Next: 24, says: func(_ Level, wrapped string) string { return "tls: failed to verify certificate: " + wrapped }},
	{Method: "crypto/x509.(*UnknownAuthorityError).Error", says: always("x509: certificate signed by unknown authority")},
	{Method: "crypto/x509.(*HostnameError).Error", says: always("x509: the certificate is not valid for the host")},
	{Method: "google.golang.org/grpc/internal/status.(*Error).Error", Holds: Status, says: status},
	{Method: "go.opentelemetry.io/otel/exporters/otlp/internal.(*wrappedExportError).Error", Holds: Wrapped, says: func(_ Level, wrapped string) string { return "traces export: " + wrapped }},
	{Method: "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp.(*retryableError).Error", says: always(retryable)},
	{Method: "github.com/pkg/errors.(*fundamental).Error", Holds: Text, says: ownText},
	{Method: "github.com/pkg/errors.(*withMessage).Error", Holds: Both, Text: 16, Next: 0, says: joined(": ")},
	{Method: "github.com/pkg/errors.(*withStack).Error", Holds: Wrapped, says: wrappedOnly},
}

// Methods lists the methods of all Shapes.
func Methods() []string {
	methods := make([]string, len(Shapes))
	for i, s := range Shapes {
		methods[i] = s.Method
	}
	return methods
}

func ownText(own Level, _ string) string { return own.Text }

func wrappedOnly(_ Level, wrapped string) string { return wrapped }

func always(text string) func(Level, string) string {
	return func(Level, string) string { return text }
}

func prefixed(with string) func(Level, string) string {
	return func(own Level, _ string) string { return with + own.Text }
}

func joined(by string) func(Level, string) string {
	return func(own Level, wrapped string) string { return own.Text + by + wrapped }
}

func firstOf(own Level, wrapped string) string {
	if own.Value > 1 {
		return wrapped + "; and " + strconv.FormatUint(own.Value-1, 10) + " more"
	}
	return wrapped
}
