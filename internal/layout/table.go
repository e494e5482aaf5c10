package layout

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// row is the offset of a field in the minor versions from to to.
type row struct {
	field    Field
	from, to int // of v1
	offset   uint64
}

// ErrUnknown means that an SDK version has no known layout.
var ErrUnknown = errors.New("the layout of its spans is not known")

var release = regexp.MustCompile(`^v1\.([0-9]+)\.[0-9]+$`)

// Of returns the layout of an SDK version. Only releases have one: a version between two
// releases may have any layout.
func Of(version string) (Layout, error) {
	parts := release.FindStringSubmatch(version)
	if parts == nil {
		return nil, fmt.Errorf("%w: the SDK's version is %q, which is no release", ErrUnknown, version)
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil || minor < firstMinor || minor > lastMinor {
		return nil, fmt.Errorf("%w: the SDK is %s, this otwatch knows v1.%d to v1.%d", ErrUnknown, version, firstMinor, lastMinor)
	}
	found := Layout{}
	for _, r := range table {
		if minor >= r.from && minor <= r.to {
			found[r.field] = r.offset
		}
	}
	return found, nil
}
