package harness

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestWants(t *testing.T) {
	rows := []string{"plain, 1k", "plain, 10k", "Caddy"}
	tests := []struct {
		expression string
		want       []string
	}{
		{"", rows},
		{"plain", []string{"plain, 1k", "plain, 10k"}},
		{"1k|Caddy", []string{"plain, 1k", "Caddy"}},
		{"nothing", nil},
	}
	for _, test := range tests {
		s := &Setup{rows: regexp.MustCompile(test.expression)}
		got := slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return !s.Wants(row) })
		if !slices.Equal(got, test.want) {
			t.Errorf("%q wants %q, want %q", test.expression, got, test.want)
		}
	}
}

// TestRun says in the end what has failed.
func TestRun(t *testing.T) {
	broken := errors.New("broken")
	measure := func(_ context.Context, s *Setup) error {
		var log strings.Builder
		s.log = &log
		if s.Failed("one", nil) || !s.Failed("two", broken) {
			t.Error("a row is not known to have failed, or one that did not is")
		}
		if log.String() != "two: broken\n" {
			t.Errorf("it said %q", log.String())
		}
		if s.Machine == "" || s.Measured == "" {
			t.Errorf("machine %q, measured %q", s.Machine, s.Measured)
		}
		return nil
	}
	if err := run(t.Context(), "", "", measure); err == nil || err.Error() != "1 rows failed" {
		t.Errorf("%v, want that a row failed", err)
	}
	if err := run(t.Context(), "", "", func(context.Context, *Setup) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	if err := run(t.Context(), "(", "", measure); err == nil || !strings.Contains(err.Error(), "-row") {
		t.Errorf("( was taken for a regular expression: %v", err)
	}
}
