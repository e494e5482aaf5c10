package export

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestRequest has the official exporter send the same metrics: its request says the same.
func TestRequest(t *testing.T) {
	typed := fixedReport()
	typed.Target.Origin.Resource = snapshot.Resource{SchemaURL: "https://opentelemetry.io/schemas/1.37.0", Attributes: []snapshot.Attribute{
		{Key: "a.bool", Type: snapshot.Bool, Values: []string{"true"}}, {Key: "an.int", Type: snapshot.Int, Values: []string{"-23"}},
		{Key: "a.float", Type: snapshot.Float, Values: []string{"0.5"}}, {Key: "a.list", Type: snapshot.Strings, Values: []string{"x", "", "z"}},
	}}
	old := fixedReport()
	old.Window.Start = old.Window.Start.AddDate(-100, 0, 0)
	tests := []struct {
		name string
		of   report.Report
		how  Format
	}{
		{"every metric", fixedReport(), Format{Version: "v0.1.0"}},
		{"essential", fixedReport(), Format{Version: "v0.1.0", Essential: true}},
		{"crowds of components", crowdedReport(), Format{Version: "v0.1.0", Resource: []attribute.KeyValue{attribute.String("deployment.environment.name", "")}}},
		{"every type of attribute", typed, Format{}},
		{"a time before 1970", old, Format{}},
		{"nothing", report.Report{}, Format{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			how := form{test.how, machine{name: "host-1", boot: "1"}}
			e := newRequestEncoder(how)
			want := officialRequest(t, test.of, how)
			for range 2 { // the second time with the Resource of the first
				got := encoded(t, e, test.of)
				if !proto.Equal(got, want) {
					t.Errorf("got\n%s\nwant\n%s", prototext.Format(got), prototext.Format(want))
				}
			}
		})
	}
}

// officialRequest is what the official exporter sends.
func officialRequest(t *testing.T, r report.Report, how form) *collector.ExportMetricsServiceRequest {
	t.Helper()
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }))
	defer server.Close()
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(t.Context(), resourceMetrics(r, how)); err != nil {
		t.Fatal(err)
	}
	return decoded(t, body)
}

// decoded is a request with all attributes in the order of their keys.
func decoded(t *testing.T, body []byte) *collector.ExportMetricsServiceRequest {
	t.Helper()
	request := &collector.ExportMetricsServiceRequest{}
	if err := proto.Unmarshal(body, request); err != nil {
		t.Fatal(err)
	}
	sortAttributes(request.ProtoReflect())
	return request
}

func sortAttributes(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Message() != nil:
			var all []protoreflect.Value
			for i := range v.List().Len() {
				sortAttributes(v.List().Get(i).Message())
				all = append(all, v.List().Get(i))
			}
			key := func(v protoreflect.Value) string {
				a, _ := v.Message().Interface().(*common.KeyValue)
				return a.GetKey()
			}
			slices.SortStableFunc(all, func(a, b protoreflect.Value) int { return cmp.Compare(key(a), key(b)) })
			for i := range all {
				v.List().Set(i, all[i])
			}
		case field.Message() != nil:
			sortAttributes(v.Message())
		}
		return true
	})
}

// encoded is a request of the encoder, decoded.
func encoded(t *testing.T, e *requestEncoder, r report.Report) *collector.ExportMetricsServiceRequest {
	t.Helper()
	return decoded(t, e.request(r))
}

// TestInvalidText has bytes that are no UTF-8, as a host name may have: with them, a receiver would
// refuse all metrics of the target.
func TestInvalidText(t *testing.T) {
	invalid := attribute.String("deployment.environment.name", "caf\xe9")
	got := encoded(t, newRequestEncoder(form{Format{Resource: []attribute.KeyValue{invalid}}, machine{}}), fixedReport())
	for _, a := range got.ResourceMetrics[0].Resource.Attributes {
		if a.Key == string(invalid.Key) && a.Value.GetStringValue() == "caf\ufffd" {
			return
		}
	}
	t.Errorf("got\n%s\nwant caf\ufffd among the attributes", prototext.Format(got.ResourceMetrics[0].Resource))
}

// TestResourceChanges encodes a target whose Resource is found out later.
func TestResourceChanges(t *testing.T) {
	e, r := newRequestEncoder(form{}), fixedReport()
	encoded(t, e, r)
	r.Target.ServiceName = "cart"
	if got, want := encoded(t, e, r), officialRequest(t, r, form{}); !proto.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", prototext.Format(got), prototext.Format(want))
	}
	e.forget(map[attachment]bool{{r.Target.PID, r.Window.Start.UnixNano() + 1}: true}) // the process runs another program
	if len(e.resources) > 0 {
		t.Error("the Resource of a target that is gone is kept")
	}
}
