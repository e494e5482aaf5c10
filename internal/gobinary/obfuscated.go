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
	named := false
	budget := untrusted.NewBudget(pass)
	err := b.functions.within(budget).eachName(func(_ int32, name []byte) bool {
		named = bytes.HasPrefix(name, []byte(apiModule))
		return !named
	})
	return !named && err == nil, verdict(budget, err)
}
