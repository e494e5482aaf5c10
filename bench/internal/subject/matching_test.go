package subject

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatching(t *testing.T) {
	subjects := []Subject{{Name: "plain, 1k"}, {Name: "plain, 10k"}, {Name: "Caddy"}}
	tests := []struct {
		expression string
		want       []string
	}{
		{"", []string{"plain, 1k", "plain, 10k", "Caddy"}},
		{"plain", []string{"plain, 1k", "plain, 10k"}},
		{"1k|Caddy", []string{"plain, 1k", "Caddy"}},
		{"nothing", nil},
	}
	for _, test := range tests {
		matching, err := Matching(subjects, test.expression)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range matching {
			got = append(got, s.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.expression, diff)
		}
	}
	if _, err := Matching(subjects, "("); err == nil {
		t.Error("( was taken for a regular expression")
	}
}
