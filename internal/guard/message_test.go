package guard

import "testing"

func TestMessages(t *testing.T) {
	for _, want := range []message{{reserve, 0}, {take, 1}, {takeLast, 259}, {release, maxHeld - 1}, {look, 0}} {
		if got, ok := parseMessage(want.append(nil)); !ok || got != want {
			t.Errorf("got %v, %v, want %v", got, ok, want)
		}
	}
	for name, raw := range map[string][]byte{
		"nothing":           nil,
		"a byte":            {byte(take)},
		"no operation":      message{0, 1}.append(nil),
		"another operation": message{look + 1, 1}.append(nil),
		"no lease":          message{take, maxHeld}.append(nil),
		"too long":          append(message{take, 1}.append(nil), 0),
	} {
		if m, ok := parseMessage(raw); ok {
			t.Errorf("%s was taken for %v", name, m)
		}
	}
}
