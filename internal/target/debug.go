package target

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
)

// ErrNoDebug is the error for an executable without debug information.
var ErrNoDebug = errors.New("the executable has no debug information")

// DWARF returns the executable's debug information, all of it in memory: some
// hundred megabytes of a large program's, so only what nothing else tells is to
// be asked of it.
func (b *Binary) DWARF() (*dwarf.Data, error) {
	file, err := elf.NewFile(b.image.r)
	if err != nil {
		return nil, err
	}
	if file.Section(".debug_info") == nil && file.Section(".zdebug_info") == nil {
		return nil, ErrNoDebug
	}
	data, err := file.DWARF()
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	return data, nil
}
