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

// TestCleanKeys cuts credentials that are known by their looks only.
func TestCleanKeys(t *testing.T) {
	const url = "https://collectors.test/receiver/v1/otlp/"
	for _, test := range []struct{ name, text, want string }{
		{"in a path", url + "ZaVnC4dhaV1vT2xKcHdYbkQ3c2tLbVJ6UWgwTnBYd1k5ZUZ1Qm9Hc0xqVGlW==/v1/traces", url + "ZaVn…/v1/traces"},
		{"in a path, escaped", url + "ZaVnC4dhaV1vT%2BxKcHdYbkQ3c2tLb%2F6UWgwTnBYd1k5%3D%3D/v1/traces", url + "ZaVn…/v1/traces"},
		{"in a path behind a port", "failed to send to http://c:4318/in/3fa85f64c0ffee15b3fc2c963f66afa6/v1/traces: 403 Forbidden", "failed to send to http://c:4318/in/3fa8…/v1/traces: 403 Forbidden"},
		{"at the end of a path", "https://c/x/3fa85f64-5717-4562-b3fc-2c963f66afa6", "https://c/x/3fa8…"},
		{"in base64, with a slash", "no key wJalr7UtnFEMI/K7MDENG9bPxRfiCYzEXAMPLEKEY=", "no key wJal…"},
		{"in base64, with several", "no key wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY", "no key wJal…"},
		{"in base64, with two next to each other and a plus", "no key Qm9vI1//4kZ+T0x5cE9/a9/mVjR1Z4S2p3bTV0ZQ==", "no key Qm9v…"},
		{"of 20 bytes", "tenant 4fQ9ZpR2xK7vLm3TdW8s is not known", "tenant 4fQ9… is not known"},
		{"without digits", "tenant oCwtQDtWjhQQbtMUylMyPkgYDPLkwqOX is not known", "tenant oCwt… is not known"},
		{"with dots", "no key dt0c01.ST2EY72KQINMH574WMNVI7YN.G3DFPBEJYMODIDAEX454M7YWBU", "no key dt0c…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Clean(test.text)
			if got != test.want {
				t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
			}
			if again := Clean(got); again != got {
				t.Errorf("%q becomes %q, and then %q", test.text, got, again)
			}
		})
	}
	if got, want := Endpoint(url+"ZaVnC4dhaV1vT2xKcHdYbkQ3c2tLbVJ6UWgwTnBYd1k5ZUZ1Qm9Hc0xqVGlW==/v1/traces"), url+"ZaVn…/v1/traces"; got != want {
		t.Errorf("the endpoint is %q, want %q", got, want)
	}
}

// TestCleanNames leaves what is no credential.
func TestCleanNames(t *testing.T) {
	for _, text := range []string{
		"https://a1b2c3d4e5f64a5b8c7d6e5f4a3b2c1d-1234567890.eu-west-1.elb.amazonaws.com:4318/v1/traces",
		"lookup a1b2c3d4e5f64a5b8c7d6e5f4a3b2c1d-1234567890.eu-west-1.elb.amazonaws.com: no such host",
		"dial tcp: lookup otel-collector-opentelemetry-collector2-headless.observability.svc on 10.96.0.10:53: server misbehaving",
		"otel-collector-opentelemetry-collector-7d9f8b6c5f-x2x4z: no",
		"lookup ip-10-0-12-7.eu-west-1.compute.internal: no such host",
		"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.57.0",
		"github.com/docker/docker@v26.1.4+incompatible/client",
		"golang.org/x/exp@v0.0.0-20240719175910-8a7402abbf56/slices/sort.go:12",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp.(*client).UploadTraces",
		"unknown service opentelemetry.proto.collector.trace.v1.TraceService",
		"/opentelemetry.proto.collector.trace.v1.TraceService/Export: not found",
		"https://ingest.eu0.signalfx.test/api/v2/otlp/prod-eu-west-1/tenants/k8s-cluster-12/v1/traces",
		"http://c:4318%2Fotlp%2Fv1%2Ftraces",
		"go.test/oauth/OAuth2ClientCredentialsGrant, W3CTraceContextPropagator",
		"cipher TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is not offered",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not set",
		"/usr/local/go/src/net/http/transport.go:1234, 2026-11-30T18:20:00.123456789Z",
	} {
		if got := Clean(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
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
		f.Add(shape.Method, "https://c.test/v1/ZaVnC4dhaV1vT2xKcHdYbkQ3c2tL/x3/ZaVn1dhaV1vT2xKcHdYbkQ3c2tL==/v1/traces", uint64(3))
		f.Add(shape.Method, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY a1B2%2Fc3D4//e5F6+g7H8/abc/i9J0", uint64(3))
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
