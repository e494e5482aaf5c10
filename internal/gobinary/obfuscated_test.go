package gobinary

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/testprogram"
)

// TestObfuscated refuses a program with replaced function names, and does not confuse it
// with a program whose linker dropped the tracer.
func TestObfuscated(t *testing.T) {
	content, err := os.ReadFile(testprogram.Build(t, testprogram.Reference))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	table, err := b.image.offset(b.functions.address, b.functions.size, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := content[table+b.functions.names : table+b.functions.namesEnd]
	copy(names, bytes.ReplaceAll(names, []byte("go.opentelemetry.io/"), []byte("qZ3vXhUu/b7Rr1TkW0c/")))

	b, err = Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	err = b.RequireSDK()
	if !errors.Is(err, ErrSymbols) || !strings.Contains(err.Error(), "obfuscated") {
		t.Errorf("got %v, want that the names are obfuscated", err)
	}
}
