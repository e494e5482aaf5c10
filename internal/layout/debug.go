package layout

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/debuginfo"
)

// Structs lists the names of the structs that have the part's fields.
func (p Part) Structs() []string {
	var names []string
	for _, f := range p.fields {
		names = append(names, p.prefix+f.Struct)
	}
	return names
}

// FromDebug makes the layout of the part from a program's debug information about
// Structs.
func (p Part) FromDebug(structs map[string]debuginfo.Struct) (Layout, error) {
	found := Layout{}
	for _, f := range p.fields {
		s, ok := structs[p.prefix+f.Struct]
		if !ok {
			return nil, fmt.Errorf("%w: the debug information has no %s%s", ErrUnknown, p.prefix, f.Struct)
		}
		if found[f], ok = offsetIn(s, f.Name); !ok {
			return nil, fmt.Errorf("%w: %s%s has no field %s", ErrUnknown, p.prefix, f.Struct, f.Name)
		}
	}
	return found, nil
}

func offsetIn(s debuginfo.Struct, name string) (uint64, bool) {
	if name == "" {
		return s.Size, true
	}
	offset, ok := s.Fields[name]
	return offset, ok
}
