package gobinary

import (
	"debug/elf"
	"errors"
	"io"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// The build id is in a note: the lengths of its name and of the id, its type, each 4 bytes,
// then the name and the id, each padded to 4 bytes. Source: gABI (note section);
// cmd/link/internal/ld/elf.go.
const (
	noteHeader = 12
	noteName   = "Go\x00\x00"
	noteType   = 4
	// maxNotes bounds the bytes of a segment of notes: some 200.
	maxNotes = 4 << 10
)

// readBuildID returns Go's build id, as `go tool buildid` shows it; "" if there is none. The
// error is r's, or that of the budget.
func readBuildID(r io.ReaderAt, file *headers, budget *untrusted.Budget) (string, error) {
	for _, p := range file.programs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		notes := make([]byte, min(p.Filesz, maxNotes))
		if err := budget.Memory(int64(len(notes))); err != nil {
			return "", err
		}
		if err := readHeader(r, notes, p.Off); errors.Is(err, errDamaged) {
			continue
		} else if err != nil {
			return "", err
		}
		if id := findBuildID(notes, file); id != "" {
			return id, nil
		}
	}
	return "", nil
}

// findBuildID finds the build id among notes.
func findBuildID(notes []byte, file *headers) string {
	for len(notes) > noteHeader {
		name, id := uint64(file.order.Uint32(notes)), uint64(file.order.Uint32(notes[4:]))
		typ, rest := file.order.Uint32(notes[8:]), notes[noteHeader:]
		begin, end := padded(name), padded(name)+padded(id)
		if end > uint64(len(rest)) {
			return ""
		}
		if typ == noteType && string(rest[:name]) == noteName {
			return shown(string(rest[begin:][:id]))
		}
		notes = rest[end:]
	}
	return ""
}

func padded(n uint64) uint64 { return (n + 3) &^ 3 }
