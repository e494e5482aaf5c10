package probes

import (
	"bytes"
	"fmt"
)

// verify compares a function's code in the file with the code in the process's memory,
// over the prologue and every instruction that will be probed. Any difference is an
// error, except the trap of another probe: of another otwatch, on one of these
// instructions, or of another tool, at the beginning of the function. A probe in code that
// differs from the decoded code would corrupt the process.
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

// compare compares one piece of code. A trap may be on its first byte.
func compare(file, memory []byte, place placement, trap []byte) error {
	end := place.Offset + uint64(place.Length)
	if end > uint64(len(file)) || end > uint64(len(memory)) {
		return fmt.Errorf("code ends before +%#x", end)
	}
	want, got := file[place.Offset:end], memory[place.Offset:end]
	if bytes.Equal(want, got) {
		return nil
	}
	if rest, trapped := bytes.CutPrefix(got, trap); trapped && bytes.Equal(want[len(trap):], rest) {
		return nil
	}
	return fmt.Errorf("code at +%#x is % x in memory but % x in the file", place.Offset, got, want)
}
