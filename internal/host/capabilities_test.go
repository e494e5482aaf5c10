package host

import "testing"

func TestEffectiveCapabilities(t *testing.T) {
	tests := []struct {
		name   string
		status string
		want   uint64
		fails  bool
	}{
		{"root", "Name:\totwatch\nCapPrm:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0000000000000000\n", 1<<41 - 1, false},
		{"none", "CapInh:\t0000000000000001\nCapEff:\t0000000000000000\n", 0, false},
		{"CAP_BPF and CAP_PERFMON", "CapEff:\t000000c000000000\n", 1<<38 | 1<<39, false},
		{"the last line, cut off", "CapEff:\t00000000000000ff", 0xff, false},
		{"no such line", "Name:\totwatch\nCapPrm:\t000001ffffffffff\n", 0, true},
		{"a process by that name", "Name:\tCapEff:\t1\n", 0, true},
		{"nothing", "", 0, true},
		{"no number", "CapEff:\tall\n", 0, true},
		{"too long a number", "CapEff:\t10000000000000000\n", 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := effectiveCapabilities(test.status)
			if got != test.want && !test.fails || (err != nil) != test.fails {
				t.Errorf("got %#x and error %v, want %#x and an error: %v", got, err, test.want, test.fails)
			}
		})
	}
}
