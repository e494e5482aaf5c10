package layout

import (
	"debug/dwarf"
	"fmt"
)

const sdkTrace = "go.opentelemetry.io/otel/sdk/trace."

// FromDWARF reads the layout of all Fields from a program's debug information.
// It looks at every type of the package that holds them, and at no other's.
func FromDWARF(data *dwarf.Data) (Layout, error) {
	wanted := map[string]bool{}
	for _, f := range Fields {
		wanted[sdkTrace+f.Struct] = true
	}
	structs := map[string]*dwarf.StructType{}
	for reader := data.Reader(); len(structs) < len(wanted); {
		entry, err := reader.Next()
		if err != nil {
			return nil, fmt.Errorf("read the debug information: %w", err)
		}
		if entry == nil {
			break
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if entry.Tag == dwarf.TagStructType && wanted[name] {
			typ, err := data.Type(entry.Offset)
			if err != nil {
				return nil, fmt.Errorf("read the debug information of %s: %w", name, err)
			}
			structs[name] = typ.(*dwarf.StructType)
		}
		if entry.Children && entry.Tag != dwarf.TagCompileUnit {
			reader.SkipChildren()
		}
	}
	return pick(structs)
}

// pick finds the Fields in structs.
func pick(structs map[string]*dwarf.StructType) (Layout, error) {
	found := Layout{}
	for _, f := range Fields {
		typ := structs[sdkTrace+f.Struct]
		if typ == nil {
			return nil, fmt.Errorf("%w: the debug information has no %s%s", ErrUnknown, sdkTrace, f.Struct)
		}
		offset, ok := offsetIn(typ, f.Name)
		if !ok {
			return nil, fmt.Errorf("%w: %s%s has no field %s", ErrUnknown, sdkTrace, f.Struct, f.Name)
		}
		found[f] = offset
	}
	return found, nil
}

func offsetIn(typ *dwarf.StructType, name string) (uint64, bool) {
	if name == "" {
		return uint64(typ.Size()), true
	}
	for _, field := range typ.Field {
		if field.Name == name {
			return uint64(field.ByteOffset), true
		}
	}
	return 0, false
}
