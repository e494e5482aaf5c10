package gobinary

import (
	"bytes"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// obfuscated reports whether a program that links OpenTelemetry packages has lost the
// names of their functions, as by a tool like garble. Whichever packages of the SDK a
// program imports, the linker keeps at least their init functions.
func (b *Binary) obfuscated() (bool, error) {
	if !b.Links(sdkModule) {
		return false, nil
	}
	named, err := b.hasFunction(func(name []byte) bool { return bytes.HasPrefix(name, []byte(apiModule)) })
	return !named && err == nil, err
}

// vendored reports whether a program that was built without modules has the SDK in a vendor
// directory: the names of its functions then begin with the path of that directory.
func (b *Binary) vendored() (bool, error) {
	if b.ListsModules() {
		return false, nil
	}
	return b.hasFunction(func(name []byte) bool { return bytes.HasSuffix(name, []byte("/vendor/"+sdkMark)) })
}

// hasFunction reports whether the name of a function is such a one.
func (b *Binary) hasFunction(is func(name []byte) bool) (bool, error) {
	found := false
	budget := untrusted.NewBudget(pass)
	err := b.functions.within(budget).eachName(func(_ int32, name []byte) bool {
		found = is(name)
		return !found
	})
	return found, verdict(budget, err)
}
