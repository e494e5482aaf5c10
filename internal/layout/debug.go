package layout

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/debuginfo"
)

const sdkTrace = "go.opentelemetry.io/otel/sdk/trace."

// Structs lists the names of the structs that have the Fields.
func Structs() []string {
	var names []string
	for _, f := range Fields {
		names = append(names, sdkTrace+f.Struct)
	}
	return names
}

// FromDebug makes the layout of all Fields from a program's debug information about
// Structs.
func FromDebug(structs map[string]debuginfo.Struct) (Layout, error) {
	found := Layout{}
	for _, f := range Fields {
		s, ok := structs[sdkTrace+f.Struct]
		if !ok {
			return nil, fmt.Errorf("%w: the debug information has no %s%s", ErrUnknown, sdkTrace, f.Struct)
		}
		if found[f], ok = offsetIn(s, f.Name); !ok {
			return nil, fmt.Errorf("%w: %s%s has no field %s", ErrUnknown, sdkTrace, f.Struct, f.Name)
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
