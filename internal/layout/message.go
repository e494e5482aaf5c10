package layout

import (
	"regexp"
	"strconv"
)

var protobufRelease = regexp.MustCompile(`^v1\.([0-9]+)\.([0-9]+)$`)

// EncodedSize is how many bytes a protobuf message was encoded to. kept is what the
// message keeps of that, never 0: since v1.34.2 of google.golang.org/protobuf the size
// plus one, to distinguish a size of 0. EncodedSize returns 0 if the version is not a
// release. Source: google.golang.org/protobuf, internal/impl/encode.go.
func EncodedSize(version string, kept uint64) uint64 {
	parts := protobufRelease.FindStringSubmatch(version)
	if parts == nil {
		return 0
	}
	minor, minorErr := strconv.Atoi(parts[1])
	patch, patchErr := strconv.Atoi(parts[2])
	switch {
	case minorErr != nil || patchErr != nil:
		return 0
	case minor > 34 || minor == 34 && patch >= 2:
		return kept - 1
	}
	return kept
}
