package probes

import "testing"

func TestLockedDown(t *testing.T) {
	for state, want := range map[string]error{
		"[none] integrity confidentiality\n": nil, "none [integrity] confidentiality\n": nil, "none integrity [confidentiality]\n": errLockedDown, "": nil,
	} {
		if got := lockedDown(state); got != want {
			t.Errorf("lockedDown(%q) = %v, want %v", state, got, want)
		}
	}
}
