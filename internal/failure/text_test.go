package failure

import (
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

// TestDescribe writes chains as the errors themselves do, but for addresses.
func TestDescribe(t *testing.T) {
	const address = "http://collector.test/v1/traces"
	refused := &url.Error{Op: "Post", URL: address, Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}
	refusedChain := []Level{
		{Method: "net/url.(*Error).Error", Text: address, Read: true},
		{Method: "net.(*OpError).Error", Text: "dial", Read: true},
		{Method: "os.(*SyscallError).Error", Text: "connect", Read: true},
		{Method: "syscall.(*Errno).Error", Value: uint64(syscall.ECONNREFUSED), Read: true},
	}
	for _, test := range []struct {
		name         string
		chain        []Level
		text, unread string
	}{
		{"made by fmt", []Level{{Method: "fmt.(*wrapError).Error", Text: "traces export: no", Read: true}}, "traces export: no", ""},
		{"a status", []Level{{Method: "google.golang.org/grpc/internal/status.(*Error).Error", Value: uint64(codes.Unavailable), Text: "away", Read: true}}, grpcstatus.Error(codes.Unavailable, "away").Error(), ""},
		{"a status of an unknown code", []Level{{Method: "google.golang.org/grpc/internal/status.(*Error).Error", Value: 99, Text: "x", Read: true}}, grpcstatus.Error(99, "x").Error(), ""},
		{"a status that is none", []Level{{Method: "google.golang.org/grpc/internal/status.(*Error).Error", Read: true}}, "", "the status of gRPC could not be read"},
		{"a chain", refusedChain, strings.Replace(refused.Error(), "dial tcp", "dial tcp", 1), ""},
		{"a chain that was cut", refusedChain[:3], "Post \"" + address + "\": dial tcp: connect: (the chain of errors is too long)", ""},
		{"several", append([]Level{{Method: "errors.(*joinError).Error", Value: 3, Read: true}}, Level{Method: "errors.(*errorString).Error", Text: "first", Read: true}), "first; and 2 more", ""},
		{"of a type of the program's own", []Level{{Method: "main.(*exportError).Error"}}, "", "errors of its type are not known: main.(*exportError)"},
		{"wrapped by a known one", []Level{{Method: "go.opentelemetry.io/otel/exporters/otlp/internal.(*wrappedExportError).Error", Read: true}, {Method: "main.oops.Error"}}, "", "errors of its type are not known: main.oops"},
		{"at an address that is gone", []Level{{}}, "", "the error's type could not be read"},
		{"whose text is gone", []Level{{Method: "fmt.(*wrapError).Error"}}, "", "the memory of the error could not be read"},
		{"none", nil, "", "the chain of errors is too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, unread := Describe(test.chain)
			if text != test.text || unread != test.unread {
				t.Errorf("got %q, %q; want %q, %q", text, unread, test.text, test.unread)
			}
		})
	}
}

func TestClean(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`Post "http://somebody:secret@c.test:4318/v1/traces?key=secret": EOF`, `Post "http://c.test:4318/v1/traces?…": EOF`},
		{`parse "http://127.0.0.1:4318%2Fotlp%3Ftoken=s3cret/v1/traces": invalid URL escape "%2F"`, `parse "http://127.0.0.1:4318%2Fotlp?…": invalid URL escape "%2F"`},
		{"unexpected x%3Dtoken=s3cret", "unexpected x%3Dtoken=…"},
		{"failed to send to https://tok3n@c/v1/traces?a=1&b=2#x: 404 Not Found", "failed to send to https://c/v1/traces?…: 404 Not Found"},
		{"body: invalid Authorization: Bearer abcdefgh", "body: invalid Authorization: …"},
		{"body: Bearer abcdefgh is not valid", "body: Bearer … is not valid"},
		{`{"api_key":"abcdefgh"}`, `{"api_key":"…"}`},
		{"x-honeycomb-api-key=abcd1234", "x-honeycomb-api-key=…"},
		{"the token expired yesterday", "the token expired yesterday"},
		{"unknown key eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abc123", "unknown key eyJh…"},
		{"dial tcp 127.0.0.1:4317: connect: connection refused", "dial tcp 127.0.0.1:4317: connect: connection refused"},
		{"lookup otel-collector-opentelemetry-collector.observability.svc.cluster.local: no such host", "lookup otel-collector-opentelemetry-collector.observability.svc.cluster.local: no such host"},
		{"a\x1b[31mred\x00\nline\xff", "a�[31mred� line�"},
	} {
		got := Clean(test.text)
		if got != test.want {
			t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
		}
		if again := Clean(got); again != got {
			t.Errorf("%q becomes %q, and then %q", test.text, got, again)
		}
	}
	if got := Clean(strings.Repeat("a b ", 1<<18)); len(got) > Limit || !strings.HasSuffix(got, "…") {
		t.Errorf("a megabyte becomes %d bytes", len(got))
	}
}

func TestAlike(t *testing.T) {
	one, other := Alike("larger than max (9800234 vs. 4194304)"), Alike("larger than max (9800 vs. 4194304)")
	if one != other || one != "larger than max (# vs. #)" {
		t.Errorf("%q and %q", one, other)
	}
}

func FuzzText(f *testing.F) {
	for _, shape := range Shapes {
		f.Add(shape.Method, "http://a:b@c/d?e", uint64(3))
	}
	f.Fuzz(func(t *testing.T, method, text string, value uint64) {
		defer fuzzlimit.Watch(t)()
		level := Level{Method: method, Text: text, Value: value, Read: true}
		got, unread := Describe([]Level{level, level, level, level})
		if len(got) > Limit || !utf8.ValidString(got) || (got == "") != (unread != "") && text != "" {
			t.Errorf("%q, %q", got, unread)
		}
		if Classify(got).Class == "" {
			t.Errorf("%q has no class", got)
		}
		if Clean(got) != got {
			t.Errorf("%q is cleaned again: %q", got, Clean(got))
		}
	})
}
