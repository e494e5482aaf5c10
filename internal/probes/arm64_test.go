package probes

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
)

// code is arm64 machine code of the given instructions.
func code(words ...uint32) []byte {
	var bytes []byte
	for _, word := range words {
		bytes = binary.LittleEndian.AppendUint32(bytes, word)
	}
	return bytes
}

const (
	bound = 0xf9400b90 // MOVD 16(R28), R16
	cmp   = 0xeb10023f // CMP R16, R17
	bls   = 0x540002c9 // BLS
	push  = 0xf81d0ffe // MOVD.W R30, -48(RSP)
	move  = 0xaa0003e1 // MOVD R0, R1
	ret   = 0xd65f03c0
)

func TestEnterARM64(t *testing.T) {
	tests := []struct {
		name string
		code []byte
		want placement
		err  bool
	}{
		{"small frame", code(bound, 0xeb3063ff, bls, push), placement{Offset: 12, Length: 4, Stepped: true}, false},
		{"large frame", code(bound, 0xd100c3f1, cmp, bls, push), placement{Offset: 16, Length: 4, Stepped: true}, false},
		{"large frame, size in a register", code(bound, 0xd280021b, 0xf2a0003b, 0xcb3b63f1, cmp, bls, push), placement{Offset: 24, Length: 4, Stepped: true}, false},
		{"huge frame", code(bound, 0xf1404ff1, 0x54000043, cmp, bls, push), placement{Offset: 20, Length: 4, Stepped: true}, false},
		{"no stack check", code(push, move, ret), placement{Length: 4, Stepped: true}, false},
		{"only a return", code(ret), placement{Length: 4}, false},
		{"stack check, then a branch", code(bound, 0xeb3063ff, bls, 0xb4000040), placement{Offset: 12, Length: 4}, false},
		{"stack check that is none", code(bound, move, ret), placement{}, true},
		{"stack check without an end", code(bound, 0xeb3063ff), placement{}, true},
		{"half an instruction", code(push)[:3], placement{}, true},
		{"nothing", nil, placement{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := enterARM64(test.code)
			if got != test.want || (err != nil) != test.err {
				t.Errorf("got %+v, %v; want %+v, error %v", got, err, test.want, test.err)
			}
			if err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%v is no refusal", err)
			}
		})
	}
}

func TestReturnsARM64(t *testing.T) {
	tests := []struct {
		name string
		code []byte
		want []uint64 // offsets
	}{
		{"one, then padding", code(push, ret, 0), []uint64{4}},
		{"two", code(0xb4000040, ret, ret), []uint64{4, 8}},
		{"a jump within", code(0x14000002, 0, ret), []uint64{8}},
		{"back to the start", code(push, ret, 0x17fffffe), []uint64{4}},
		{"a jump out", code(0x14000040, ret), nil},
		{"a jump back, out", code(ret, 0x17fffff0), nil},
		{"a return of another kind", code(ret, 0xd65f0bff), nil},
		{"a call and a jump table", code(0xd63f00c0, 0xd61f0360, ret), []uint64{8}},
		{"a literal that looks like a return", code(0x18000041, ret, ret), []uint64{4}},
		{"none", code(push, move), nil},
		{"half an instruction", code(ret)[:2], nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := returnsARM64(test.code)
			if (err != nil) != (test.want == nil) {
				t.Fatalf("error %v, want places %v", err, test.want)
			}
			var offsets []uint64
			for _, place := range got {
				offsets = append(offsets, place.Offset)
				if place.Stepped {
					t.Errorf("%+v: the kernel emulates a return", place)
				}
			}
			if !slices.Equal(offsets, test.want) {
				t.Errorf("got %v, want %v", offsets, test.want)
			}
		})
	}
}

func FuzzPlaceARM64(f *testing.F) {
	f.Add(code(bound, 0xd100c3f1, cmp, bls, push, 0x18000041, ret))
	f.Fuzz(func(t *testing.T, code []byte) {
		defer fuzzlimit.Watch(t)()
		places, err := placers["arm64"].placements(probe{At: enterAndReturns}, code)
		if err != nil {
			return
		}
		for _, place := range places {
			if place.Offset+uint64(place.Length) > uint64(len(code)) {
				t.Errorf("%+v lies beyond %d bytes", place, len(code))
			}
		}
	})
}

// TestVerifyARM64 accepts the kernel's BRK as another probe, and no other BRK.
func TestVerifyARM64(t *testing.T) {
	file := code(bound, 0xeb3063ff, bls, push, ret)
	places := []placement{{Offset: 12, Length: 4}, {Offset: 16, Length: 4}}
	for word, ok := range map[uint32]bool{push: true, 0xd42000a0: true, 0xd4200000: false, ret: false} {
		memory := code(bound, 0xeb3063ff, bls, word, ret)
		if err := verify(file, memory, places, trapARM64); (err == nil) != ok {
			t.Errorf("%#08x at a place of ours: error %v, want ok %v", word, err, ok)
		}
	}
}

// TestPlacesInAnARM64Program builds the reference program for arm64.
func TestPlacesInAnARM64Program(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reference")
	build := exec.Command("go", "build", "-o", path, "github.com/otwatch/otwatch/testdata/targets/reference")
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	eachPlaced(t, path, func(t *testing.T, function []byte, places []placement) {
		// The first instruction past the check is the one that a BLS stands before.
		before := binary.LittleEndian.Uint32(function[places[0].Offset-wordARM64:])
		if !isBranchToMorestackARM64(before) {
			t.Errorf("the entry's place %+v is not past the stack check", places[0])
		}
		for _, place := range places[1:] {
			if binary.LittleEndian.Uint32(function[place.Offset:]) != ret {
				t.Errorf("%+v is not on a RET", place)
			}
		}
	})
}
