package gobinary

import (
	"debug/elf"
	"slices"
	"testing"

	"github.com/otwatch/otwatch/internal/testprogram"
)

// TestReferences finds variables of the runtime by the code of a function that uses them: those
// that the symbol table has.
func TestReferences(t *testing.T) {
	const function = "runtime.allgadd"
	for _, test := range []struct {
		name string
		testprogram.Variant
	}{
		{"default", testprogram.Reference}, {"pie", testprogram.ReferencePIE}, {"external link, pie", testprogram.CgoPIE},
		{"arm64", testprogram.TinyARM64}, {"arm64 pie", testprogram.TinyARM64PIE},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := elf.Open(testprogram.Build(t, test.Variant))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			symbols, err := file.Symbols()
			if err != nil {
				t.Fatal(err)
			}
			b := read(t, test.Variant)
			found, err := b.Functions(function)
			if err != nil || len(found[function]) == 0 {
				t.Fatalf("%s is not found: %v", function, err)
			}
			references, err := b.References(found[function][0])
			if err != nil {
				t.Fatal(err)
			}
			for _, variable := range []string{"runtime.allgs", "runtime.allgptr", "runtime.allglen"} {
				at := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == variable })
				if at < 0 || !slices.Contains(references, symbols[at].Value) {
					t.Errorf("%s is not among %#x", variable, references)
				}
			}
		})
	}
}
