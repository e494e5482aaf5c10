package target

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// A program whose function names were replaced is refused, and told apart from
// one whose linker dropped the tracer.
func TestObfuscated(t *testing.T) {
	content, err := os.ReadFile(build(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadBinary(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	table, err := b.image.offset(b.functions.address, b.functions.size, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := content[table+b.functions.names : table+b.functions.namesEnd]
	copy(names, bytes.ReplaceAll(names, []byte("go.opentelemetry.io/"), []byte("qZ3vXhUu/b7Rr1TkW0c/")))

	b, err = ReadBinary(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	err = b.requireSDK()
	if !errors.Is(err, ErrSymbols) || !strings.Contains(err.Error(), "obfuscated") {
		t.Errorf("got %v, want that the names are obfuscated", err)
	}
}
