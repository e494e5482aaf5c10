package probes

import "testing"

func TestBefore(t *testing.T) {
	tests := []struct {
		release string
		want    bool
	}{
		{"4.19.0-27-amd64", true}, {"5.4.0-150-generic", true}, {"5.9.16", true},
		{"5.10.0-46-cloud-amd64", false}, {"6.1.0-56", false}, {"7.3.4+deb13", false}, {"", false}, {"rolling", false},
	}
	for _, test := range tests {
		if got := before(test.release, 5, 10); got != test.want {
			t.Errorf("before(%q, 5, 10) = %v, want %v", test.release, got, test.want)
		}
	}
	if kernelIsOld() {
		t.Errorf("the kernel %q is taken for an old one", KernelRelease())
	}
}
