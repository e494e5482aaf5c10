package memory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Three ends of collections of a program that allocates, go1.26.8 on amd64.
var collections = []Collection{
	{EndedNS: 1_000_000_000, Marked: 70447296, Controller: [ControllerWords]uint64{
		100, 9223372036854775807, 4194304, 21888977, 4620377578816422793, 4613697006048814497, 4616512230594424306,
		4620377578816422793, 4575496993139358594, 132525874, 67167584, 112819296, 132525874, 112835680, 33955296,
		657304, 5224, 51200, 282634, 66119008, 1076392, 8136, 282634, 1301626, 0, 0, 1059548, 740073, 3112299327221,
		0, 8589934592, 4582834892167824566}},
	{EndedNS: 1_700_000_000, Marked: 71289152, Controller: [ControllerWords]uint64{
		100, 9223372036854775807, 4194304, 31662062, 4620377578816422793, 4616512230594424306, 4620377578816422793,
		4575496993139358594, 4592339574893587279, 141185362, 71495872, 120187904, 141185362, 120630272, 39857440,
		1076392, 8136, 59392, 282634, 70447296, 1477200, 9464, 282634, 1507154, 0, 0, 1293738, 725201, 3112987410275,
		0, 8589934592, 4597728604270334643}},
	{EndedNS: 2_400_000_000, Marked: 70445296, Controller: [ControllerWords]uint64{
		100, 9223372036854775807, 4194304, 40975117, 4620377578816422793, 4620377578816422793, 4575496993139358594,
		4592339574893587279, 4581394683628685750, 142870402, 72337728, 121626576, 142870402, 121667536, 40035888,
		1477200, 9464, 43008, 282634, 71289152, 1033872, 6864, 282634, 1257834, 0, 0, 1089502, 563099, 3113679690254,
		0, 8589934592, 4589263058461793564}},
}

func TestCycle(t *testing.T) {
	moved := collections[1]
	for i := range moved.Controller[1:] {
		moved.Controller[i] = collections[1].Controller[i+1]
	}
	shifted := collections[0]
	for i := range shifted.Controller[1:] {
		shifted.Controller[i] = collections[0].Controller[i+1]
	}
	foreign := collections[1]
	foreign.Controller[15]++ // lastHeapScan
	first := Cycle{Elapsed: 700 * time.Millisecond, Allocated: 120630272 - 70447296, Scanned: 1477200, Live: 71289152}
	for _, test := range []struct {
		name           string
		earlier, later Collection
		want           Cycle
		ok             bool
	}{
		{"one after another", collections[0], collections[1], first, true},
		{"the fields lie elsewhere", shifted, moved, first, true},
		{"no earlier one", Collection{}, collections[1], Cycle{}, false},
		{"one between went unseen", collections[0], collections[2], Cycle{}, false},
		{"in the wrong order", collections[1], collections[0], Cycle{}, false},
		{"another layout", collections[0], foreign, Cycle{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := test.later.Since(test.earlier)
			if diff := cmp.Diff(test.want, got); diff != "" || ok != test.ok {
				t.Errorf("%v, want %v (-want +got):\n%s", ok, test.ok, diff)
			}
		})
	}
}

// TestBeginOfACollection is a moment between two of them, or is not known.
func TestBeginOfACollection(t *testing.T) {
	for _, test := range []struct {
		name         string
		earlier, end uint64 // of the collections
		want         uint64
	}{
		{"between the two", 3112299327221, 3112988000000, 3112987410275},
		{"before the earlier", 3112988000000, 3112989000000, 0},
		{"after its end", 3112299327221, 3112500000000, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			earlier, later := collections[0], collections[1]
			earlier.EndedNS, later.EndedNS = test.earlier, test.end
			if cycle, ok := later.Since(earlier); !ok || cycle.BeganNS != test.want {
				t.Errorf("began %d, %v; want %d", cycle.BeganNS, ok, test.want)
			}
		})
	}
}
