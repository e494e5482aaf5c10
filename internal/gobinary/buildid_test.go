package gobinary

import (
	"encoding/binary"
	"os/exec"
	"strings"
	"testing"
)

// buildID is what Go's own tool says.
func buildID(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("go", "tool", "buildid", path).Output()
	if err != nil {
		t.Fatalf("go tool buildid: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestBuildIDAmongNotes(t *testing.T) {
	file := &headers{order: binary.LittleEndian}
	note := func(name string, typ uint32, id string) []byte {
		n := binary.LittleEndian.AppendUint32(nil, uint32(len(name)))
		n = binary.LittleEndian.AppendUint32(n, uint32(len(id)))
		n = append(binary.LittleEndian.AppendUint32(n, typ), name...)
		for n = append(n, make([]byte, -len(name)&3)...); len(id)%4 > 0; id += "\x00" {
		}
		return append(n, id...)
	}
	other := note("GNU\x00", 3, "abc")
	for _, test := range []struct {
		name  string
		notes []byte
		want  string
	}{
		{"alone", note(noteName, noteType, "a/bc"), "a/bc"},
		{"after another", append(other, note(noteName, noteType, "a/bc")...), "a/bc"},
		{"another alone", other, ""},
		{"another type", note(noteName, 1, "a/bc"), ""},
		{"cut off", note(noteName, noteType, "a/bc")[:18], ""},
		{"a length beyond all", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\x04\x00\x00\x00Go\x00\x00"), ""},
		{"nothing", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := findBuildID(test.notes, file); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
