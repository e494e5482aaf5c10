package probes

import (
	"bytes"
	"fmt"
)

// verify compares a function's code in the file with the same in the process's
// memory, over the prologue and every instruction that is to be probed, and
// fails on any difference but a trap that another probe, of another otwatch
// perhaps, already has at one of these very places. A probe in other code than
// was decoded would corrupt the process.
func verify(file, memory []byte, places []placement, trap []byte) error {
	entry := places[0]
	if err := compare(file, memory, placement{Length: int(entry.Offset)}, trap); err != nil {
		return err
	}
	for _, place := range places {
		if err := compare(file, memory, place, trap); err != nil {
			return err
		}
	}
	return nil
}

// compare checks one stretch of code; a trap may stand on its first byte if a
// probe is to go there.
func compare(file, memory []byte, place placement, trap []byte) error {
	end := place.Offset + uint64(place.Length)
	if end > uint64(len(file)) || end > uint64(len(memory)) {
		return fmt.Errorf("code ends before +%#x", end)
	}
	want, got := file[place.Offset:end], memory[place.Offset:end]
	if bytes.Equal(want, got) {
		return nil
	}
	if rest, trapped := bytes.CutPrefix(got, trap); place.Offset > 0 && trapped && bytes.Equal(want[len(trap):], rest) {
		return nil
	}
	return fmt.Errorf("code at +%#x is % x in memory but % x in the file", place.Offset, got, want)
}
