package estimate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCombine(t *testing.T) {
	tests := []struct {
		name      string
		got, want *Estimate
	}{
		{"by a count", Around(10, 2, 50).By(*Counted(3)), Around(30, 6, 3)},
		{"by an estimate", Around(10, 3, 50).By(Estimate{Value: 4, Low: 2.4, High: 5.6, N: 9}), Around(40, 20, 9)},
		{"by an uneven interval", Counted(10).By(Estimate{Value: 1, Low: 0.8, High: 1, N: 9}), &Estimate{Value: 10, Low: 8, High: 10, N: 9}},
		{"by nothing", Counted(10).By(Estimate{High: 0.1, N: 9}), &Estimate{High: 1, N: 9}},
		{"nothing by something", Counted(0).By(*Around(0.5, 0.1, 9)), &Estimate{}},
		{"plus a count", Around(10, 2, 50).Plus(*Counted(3)), Around(13, 2, 3)},
		{"plus an estimate", Around(10, 3, 50).Plus(*Around(1, 4, 9)), Around(11, 5, 9)},
		{"counts", Counted(4).Plus(*Counted(5)), &Estimate{Value: 9, Low: 9, High: 9, N: 4, Exact: true}},
		{"per count", Around(10, 2, 50).Per(*Counted(4)), Around(2.5, 0.5, 4)},
		{"per estimate", Around(10, 3, 50).Per(*Around(10, 4, 9)), Around(1, 0.5, 9)},
		{"per estimate, lopsided", Estimate{Value: 10, Low: 7, High: 10, N: 50}.Per(Estimate{Value: 10, Low: 10, High: 14, N: 9}), &Estimate{Value: 1, Low: 0.5, High: 1, N: 9}},
		{"nothing below 0", Around(1, 1, 50).Per(*Around(1, 1, 9)), &Estimate{Value: 1, High: 1 + 1.4142135623730951, N: 9}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
