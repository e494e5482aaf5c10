package target

import "bytes"

// obfuscated reports whether the functions of linked OpenTelemetry packages have
// lost their names, which tools such as garble replace. Whichever packages of
// the SDK a program imports, the linker keeps at least their init functions.
func (b *Binary) obfuscated() (bool, error) {
	if !b.linksSDK {
		return false, nil
	}
	named := false
	err := b.functions.eachName(func(_ int32, name []byte) {
		named = named || bytes.HasPrefix(name, []byte(apiModule))
	})
	return !named && err == nil, err
}
