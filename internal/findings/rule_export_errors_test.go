package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/history"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// failing makes the exports of every interval fail with a text: operations of spans each.
func failing(text string, spans, operations, bytes uint64) change {
	return func(s *snapshot.Snapshot) {
		x := &s.Exports[0]
		x.Operations, x.Errors, x.Exported, x.Failed, x.Spans = operations, operations, 0, operations*spans, operations*spans
		x.Latest = nil
		for range operations {
			x.Latest = append(x.Latest, snapshot.Operation{Spans: spans, Failed: spans})
		}
		x.Sized, x.Bytes = operations, bytes
		x.Target = "collector.test:4317"
		x.Reasons = []snapshot.Failure{{Alike: failure.Alike(text), Text: text, Count: operations, First: s.Start, Last: s.Start.Add(time.Second)}}
	}
}

func judgedWith(changes ...change) verdict {
	var lately []snapshot.Snapshot
	for i := range history.MinIntervals {
		lately = append(lately, second(i, changes...))
	}
	return judgeExportErrors(newSeen(lately, report.Limits{}.OrDefault()))
}

// TestReasons says why exports fail, and what to do about it.
func TestReasons(t *testing.T) {
	const grpc = "traces export: rpc error: code = "
	for _, test := range []struct {
		name, text  string
		title       string // a part of it
		env, advice string // a variable that is advised, or a part of the first advice
	}{
		{"refused", grpc + `Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.1:4317: connect: connection refused"`,
			"connection refused by 10.0.0.1:4317", "OTEL_EXPORTER_OTLP_ENDPOINT", "start the receiver at 10.0.0.1:4317"},
		{"no such host", `traces export: Post "http://nowhere.test:4318/v1/traces": dial tcp: lookup nowhere.test: no such host`, "nowhere.test has no address", "OTEL_EXPORTER_OTLP_ENDPOINT", ""},
		{"TLS to a plain port", grpc + `Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"`,
			"the exporter speaks TLS, and collector.test:4317 does not", "OTEL_EXPORTER_OTLP_INSECURE", ""},
		{"certificate", grpc + `Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"`,
			"the certificate of collector.test:4317 is not accepted", "OTEL_EXPORTER_OTLP_CERTIFICATE", ""},
		{"404", "traces export: failed to send to http://c.test:4318/v1/tracez: 404 Not Found (body: no)", "c.test:4318 answers 404 to /v1/tracez", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the exporter posts to /v1/tracez"},
		{"too large", grpc + "ResourceExhausted desc = grpc: received message larger than max (8000000 vs. 4194304)", "the messages of 8.0 MB are too large for collector.test:4317, which accepts 4.2 MB", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", ""},
		{"not UTF-8", grpc + "Internal desc = grpc: error while marshaling: string field contains invalid UTF-8", "not valid UTF-8", "", "strings.ToValidUTF8"},
		{"throttled", grpc + "ResourceExhausted desc = quota", "collector.test:4317 is overloaded", "", "more capacity"},
		{"deadline", grpc + "DeadlineExceeded desc = context deadline exceeded", "no answer from collector.test:4317 in time", "", "why the receiver is slow"},
		{"an endpoint with a scheme", grpc + "Unavailable desc = invalid target address http://c.test:4317, error info: address http://c.test:4317:443: too many colons in address",
			`the endpoint "collector.test:4317" cannot be used: too many colons in address`, "OTEL_EXPORTER_OTLP_ENDPOINT", "without a scheme"},
		{"a proxy over HTTP", `traces export: Post "http://c.test:4318/v1/traces": proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused`,
			"connection refused by 10.0.0.9:3128, the proxy on the way to c.test:4318", "NO_PROXY", ""},
		{"a proxy that refuses", `traces export: Post "https://c.test/v1/traces": Proxy Authentication Required`, "the proxy on the way to c.test refuses the connection", "NO_PROXY", ""},
		{"another port than the endpoint's", grpc + `Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.9:3128: connect: connection refused"`,
			"connection refused by 10.0.0.9:3128, apparently a proxy on the way to collector.test:4317", "NO_PROXY", ""},
		{"a text of no class", "something else", "something else", "OTEL_EXPORTER_OTLP_ENDPOINT", "check that the receiver is running"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := judgedWith(failing(test.text, 100, 2, 1_600_000))
			if v.state != present || v.severity != report.Critical || !strings.Contains(v.title, test.title) {
				t.Errorf("%s %q, want critical with %q", v.severity, v.title, test.title)
			}
			if _, has := v.advice[0].Wanted[test.env]; !has && test.env != "" || !strings.Contains(v.advice[0].Title, test.advice) {
				t.Errorf("advice %+v, want %s and %q", v.advice, test.env, test.advice)
			}
		})
	}
}

// TestPortless has gRPC use port 443, since the endpoint has none.
func TestPortless(t *testing.T) {
	for endpoint, want := range map[string]string{"collector.test": "http://collector.test:4317", "::1:4317": "http://[ADDRESS]:4317"} {
		v := judgedWith(failing("traces export: rpc error: code = Unavailable desc = connection error: desc = "+
			`"transport: Error while dialing: dial tcp [::1:4317]:443: connect: no route to host"`, 100, 2, 0), func(s *snapshot.Snapshot) { s.Exports[0].Target = endpoint })
		if got := v.advice[0].Wanted["OTEL_EXPORTER_OTLP_ENDPOINT"]; got != want || !strings.Contains(v.title, "the endpoint "+endpoint+" has no port, so gRPC uses 443") {
			t.Errorf("%s: %q, advice %q, want %q", endpoint, v.title, got, want)
		}
	}
}

// TestTimeout advises a longer timeout first if the exporter hardly waits for an answer.
func TestTimeout(t *testing.T) {
	for _, test := range []struct {
		took          time.Duration
		title, advice string
	}{
		{12 * time.Millisecond, "no answer from collector.test:4317 within 0.012 s", "wait longer for the answer"},
		{10 * time.Second, "no answer from collector.test:4317 within 10 s", "why the receiver is slow"},
	} {
		v := judgedWith(failing("traces export: rpc error: code = DeadlineExceeded desc = context deadline exceeded", 100, 2, 0), func(s *snapshot.Snapshot) {
			for i := range s.Exports[0].Latest {
				s.Exports[0].Latest[i].Duration = test.took
			}
		})
		if !strings.Contains(v.title, test.title) || !strings.Contains(v.advice[0].Title, test.advice) {
			t.Errorf("%q, advice %q, want %q and %q", v.title, v.advice[0].Title, test.title, test.advice)
		}
		if _, starved := v.evidence["deadline_errors"]; starved != (test.took > time.Second) {
			t.Errorf("%v: evidence %v: only a long timeout may be for want of CPU time", test.took, v.evidence)
		}
	}
}

// TestFittingBatch is by the bytes of the messages that failed: spans of 8 kB, of which a
// message of 4 MiB has room for 393 at three quarters.
func TestFittingBatch(t *testing.T) {
	const large = "traces export: rpc error: code = ResourceExhausted desc = grpc: received message larger than max (8000000 vs. 4194304)"
	for _, test := range []struct {
		name         string
		spans, bytes uint64
		want         string
	}{
		{"fits", 1000, 8_000_000, "390"},
		{"one span is too large", 2, 20_000_000, ""},
		{"sizes are not known", 1000, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := judgedWith(failing(large, test.spans, 1, test.bytes))
			if got := v.advice[0].Wanted["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"]; got != test.want {
				t.Errorf("batch %q, want %q: %+v", got, test.want, v.advice)
			}
		})
	}
}

// TestPartialSuccess goes by the spans that were lost, not by whether an error was returned.
func TestPartialSuccess(t *testing.T) {
	partial := func(rejected uint64, returned bool) change {
		return func(s *snapshot.Snapshot) {
			x := &s.Exports[0]
			x.Operations, x.Errors, x.Exported, x.Failed, x.Spans = 1, 0, 100-rejected, rejected, 100
			f := snapshot.Failure{Text: "too old", Message: true, Count: 1}
			if returned {
				x.Errors = 1
				f = snapshot.Failure{Text: "traces export: OTLP partial success: too old (1 spans rejected)", Count: 1}
			}
			x.Reasons = []snapshot.Failure{f}
		}
	}
	for _, test := range []struct {
		name     string
		rejected uint64
		returned bool
		severity string
	}{
		{"nothing rejected, an error returned", 0, true, report.Info},
		{"nothing rejected, none returned", 0, false, report.Info},
		{"one rejected", 1, true, report.Warning},
		{"one rejected, none returned", 1, false, report.Warning},
		{"half of them", 50, true, report.Critical},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := judgedWith(partial(test.rejected, test.returned))
			if v.state != present || v.severity != test.severity || !strings.Contains(v.title, "the receiver says: too old") {
				t.Errorf("%s %q, want %s with the receiver's message", v.severity, v.title, test.severity)
			}
		})
	}
}
