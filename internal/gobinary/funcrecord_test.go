package gobinary

import (
	"encoding/binary"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

// words are a record of little-endian words.
func words(values ...uint32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, v)
	}
	return data
}

func TestParseRecord(t *testing.T) {
	// entryoff, nameoff, args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset
	fixed := func(npcdata uint32) []uint32 { return []uint32{0x40, 7, 8, 0, 0x11, 0x22, 0x33, npcdata, 0x44} }
	const startLine, nfuncdata4 = 12, 4 << 24
	current := append(fixed(3), startLine, nfuncdata4, 1, 2, 0x55, 10, 11, 12, 0x66)
	old := append(fixed(3), nfuncdata4, 1, 2, 0x55, 10, 11, 12, 0x66)
	full := record{pcfile: 0x22, pcln: 0x33, unit: 0x44, inlineIndex: 0x55, inlineTree: 0x66}
	flat := record{pcfile: 0x22, pcln: 0x33, unit: 0x44, inlineTree: noPosition}
	tests := []struct {
		name  string
		magic uint32
		data  []byte
		want  record
		fails bool
	}{
		{"go1.20 and later", pclntabMagic120, words(current...), full, false},
		{"go1.18", pclntabMagic118, words(old...), full, false},
		{"nothing inlined", pclntabMagic120, words(append(fixed(2), startLine, 0, 1, 2)...), flat, false},
		{"the next record behind it", pclntabMagic120, append(words(current...), 1, 2, 3), full, false},
		{"cut short", pclntabMagic120, words(current...)[:40], record{}, true},
		{"cut short in its tables", pclntabMagic120, words(current[:len(current)-1]...), record{}, true},
		{"too many tables", pclntabMagic120, words(append(fixed(1<<30), current[9:]...)...), record{}, true},
	}
	for _, test := range tests {
		got, err := parseRecord(test.data, layoutOf(test.magic))
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, err, test.want)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(words(0x40, 7, 8, 0, 0x11, 0x22, 0x33, 3, 0x44, 12, 4<<24, 1, 2, 3, 4, 5, 6, 7), true)
	f.Fuzz(func(t *testing.T, data []byte, old bool) {
		defer fuzzlimit.Watch(t)()
		magic := uint32(pclntabMagic120)
		if old {
			magic = pclntabMagic118
		}
		_, _ = parseRecord(data, layoutOf(magic))
	})
}
