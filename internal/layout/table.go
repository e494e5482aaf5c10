package layout

import (
	"errors"
	"fmt"
	"strconv"
)

// row is the offset of a field in the minor versions from to to.
type row struct {
	field    Field
	from, to int // of v1
	offset   uint64
}

// ErrUnknown means that a version has no known layout.
var ErrUnknown = errors.New("the layout of its structs is not known")

// Of returns the layout of a version. Only releases have one: a version between two
// releases may have any layout.
func (p Part) Of(version string) (Layout, error) {
	parts := p.release.FindStringSubmatch(version)
	if parts == nil {
		return nil, fmt.Errorf("%w: the version of %s is %q, which is no release", ErrUnknown, p.name, version)
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil || minor < p.table.first || minor > p.table.last {
		return nil, fmt.Errorf("%w: %s is %s, this otwatch knows %s%d to %s%d", ErrUnknown, p.name, version, p.version, p.table.first, p.version, p.table.last)
	}
	found := Layout{}
	for _, r := range p.table.rows {
		if minor >= r.from && minor <= r.to {
			found[r.field] = r.offset
		}
	}
	return found, nil
}
