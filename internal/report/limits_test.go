package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseLimits(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want Limits
	}{
		{"none", nil, Limits{}},
		{"all", []string{"cpu=3%", "p99=250ms", "drops=0.1%", "queue=50 %", "rss=2GB"},
			Limits{CPU: 0.03, P99: 250 * time.Millisecond, Drops: 0.001, Queue: 0.5, RSS: 2e9}},
		{"binary size", []string{"rss=1.5 GiB"}, Limits{RSS: 1.5 * (1 << 30)}},
	}
	for _, test := range tests {
		got, err := ParseLimits(test.args)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestParseLimitsRefuses(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"cpu", `limit "cpu": must be NAME=VALUE`},
		{"", "must be NAME=VALUE"},
		{"disk=5%", "no such limit; there are cpu, p99, drops, queue and rss"},
		{"cpu=5", "must be a percentage"},
		{"cpu=0%", "above 0%"},
		{"cpu=NaN%", "as in cpu=5%"},
		{"queue=101%", "up to 100%"},
		{"drops=-1%", "above 0%"},
		{"p99=1", "as in p99=1s"},
		{"p99=-1s", "above 0"},
		{"rss=2", "must be a size above 0 in kB"},
		{"rss=0GB", "must be a size above 0"},
		{"rss=InfGB", "must be a size above 0"},
	}
	for _, test := range tests {
		if _, err := ParseLimits([]string{test.arg}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.arg, err, test.want)
		}
	}
	if _, err := ParseLimits([]string{"cpu=1%", "cpu=2%"}); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("given twice: %v", err)
	}
}
