package view

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		name   string
		frame  report.Frame
		screen Screen
	}{
		{"healthy", healthy(), Screen{Width: 80}},
		{"attached", attached(), Screen{Width: 80}},
		{"losing", losing(), Screen{Width: 80}},
		{"losing-color", losing(), Screen{Width: 80, Color: true}},
		{"processors", severalProcessors(), Screen{Width: 80}},
		{"unmeasured", unmeasured(), Screen{Width: 80}},
		{"complete", complete(), Screen{Width: 80}},
		{"complete-narrow", complete(), Screen{Width: 60}},
		{"complete-ascii", complete(), Screen{Width: 120, ASCII: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if err := Summary(&b, test.frame.Total, test.screen); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "summary-"+test.name+".txt", b.String())
		})
	}
}

// TestSummarySaysWhatIsIgnored has a variable that switches off other languages' SDKs.
func TestSummarySaysWhatIsIgnored(t *testing.T) {
	for _, configured := range [][]string{nil, {"OTEL_SERVICE_NAME"}, {"OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME"}} {
		r := healthy().Total
		r.Target.Configured = configured
		var b strings.Builder
		if err := Summary(&b, r, Screen{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Contains(b.String(), "OTEL_SDK_DISABLED is set, but Go's SDK ignores it."), len(configured) == 2; got != want {
			t.Errorf("with %v: %v, want %v", configured, got, want)
		}
	}
}

// TestCompression shows what compression saves, or would save.
func TestCompression(t *testing.T) {
	off := &report.Compression{SentBytes: 7e6, Ratio: estimate.Around(7, 2, 9), SavedBytes: estimate.Around(6e6, 1e6, 9)}
	for want, c := range map[string]*report.Compression{"": nil, "sent uncompressed; gzip would save 6.0 MB 5.0 MB–7.0 MB": off} {
		var words []string
		for _, part := range compression(c) {
			words = append(words, part[0].text)
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
