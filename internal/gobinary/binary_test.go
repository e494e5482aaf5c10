package gobinary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otwatch/otwatch/internal/testprogram"
)

func TestRead(t *testing.T) {
	const module = "github.com/otwatch/otwatch"
	tests := []struct {
		name string
		testprogram.Variant
		want Description
	}{
		{"default", testprogram.Reference, Description{Module: module, SDKVersion: "v1.47.0", Protobuf: "v1.36.12", Arch: "amd64"}},
		{"stripped", testprogram.ReferenceStripped, Description{Module: module, SDKVersion: "v1.47.0", Protobuf: "v1.36.12", Arch: "amd64", Stripped: true}},
		{"trimpath", testprogram.ReferenceTrimmed, Description{Module: module, SDKVersion: "v1.47.0", Protobuf: "v1.36.12", Arch: "amd64"}},
		{"pie", testprogram.ReferencePIE, Description{Module: module, SDKVersion: "v1.47.0", Protobuf: "v1.36.12", Arch: "amd64", PIE: true}},
		{"tiny", testprogram.Tiny, Description{Module: "example.com/tiny", Arch: "amd64"}},
		{"arm64", testprogram.TinyARM64, Description{Module: "example.com/tiny", Arch: "arm64"}},
		{"arm64 pie", testprogram.TinyARM64PIE, Description{Module: "example.com/tiny", Arch: "arm64", PIE: true}},
		{"external link", testprogram.Cgo, Description{Module: "example.com/cgo", Arch: "amd64"}},
		{"external link, pie", testprogram.CgoPIE, Description{Module: "example.com/cgo", Arch: "amd64", PIE: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := read(t, test.Variant)
			test.want.GoVersion, test.want.BuildID = runtime.Version(), buildID(t, testprogram.Build(t, test.Variant))
			if diff := cmp.Diff(test.want, b.Description, cmpopts.IgnoreFields(Description{}, "Modules")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	sleep, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	small, err := os.ReadFile(testprogram.Build(t, testprogram.Tiny))
	if err != nil {
		t.Fatal(err)
	}
	table := sectionOffset(t, small, ".gopclntab")
	module := sectionOffset(t, small, ".go.module")
	edited := func(at uint64, data ...byte) []byte {
		return append(append(bytes.Clone(small[:at]), data...), small[at+uint64(len(data)):]...)
	}
	i386, err := os.ReadFile(testprogram.Build(t, testprogram.Tiny386))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		file []byte
		kind error
		says string
	}{
		{"empty", nil, ErrNotGo, "is not a Go program"},
		{"script", []byte("#!/bin/sh\necho hello, this is not an ELF file at all, but a script\n"), ErrNotGo, "is not a Go program"},
		{"c", sleep, ErrNotGo, "is not a Go program"},
		{"386", i386, ErrArch, "is a 386 binary; otwatch observes amd64 and arm64 programs"},
		{"other magic", edited(table, 0xaa), ErrSymbols, "header 0x8010000ffffffaa is unknown"},
		{"other pointer size", edited(table+7, 4), ErrSymbols, "is unknown"},
		{"too many functions", edited(table+8, 0xff, 0xff, 0xff, 0xff, 0xff), ErrSymbols, "counts 1099511627775 functions"},
		{"names behind the table", edited(table+32, 0xff, 0xff, 0xff, 0xff), ErrSymbols, "out of order"},
		{"text moved by 0x100", edited(module+22*8+1, small[module+22*8+1]+1), ErrSymbols, "no module data fits"},
		{"minpc moved", edited(module+20*8, 1), ErrSymbols, "no module data fits"},
		{"other table", edited(module, 0), ErrSymbols, "no module data fits"},
		{"truncated", small[:table+100], ErrNotGo, "is a damaged executable"},
		{"truncated in its header", small[:40], ErrNotGo, "is a damaged executable"},
		{"the header of none", edited(4, 9), ErrNotGo, "is a damaged executable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(test.file))
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %v: %s", err, test.kind, test.says)
			}
		})
	}
}

func sectionOffset(t *testing.T, file []byte, name string) uint64 {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	section := f.Section(name)
	if section == nil {
		t.Skipf("no section %s in a %s program", name, runtime.Version())
	}
	return section.Offset
}

// A program without section headers is read from its segments.
func TestReadWithoutSections(t *testing.T) {
	for _, v := range []testprogram.Variant{testprogram.Tiny, testprogram.TinyARM64, testprogram.ReferencePIE} {
		file, err := os.ReadFile(testprogram.Build(t, v))
		if err != nil {
			t.Fatal(err)
		}
		binary.LittleEndian.PutUint64(file[40:], 0) // e_shoff
		clear(file[58:64])                          // e_shentsize, e_shnum, e_shstrndx
		got, err := Read(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%+v: %v", v, err)
		}
		if want := read(t, v); got.Text != want.Text || got.functions.count != want.functions.count || !got.Stripped {
			t.Errorf("%+v: text %#x with %d functions, want %#x with %d",
				v, got.Text, got.functions.count, want.Text, want.functions.count)
		}
	}
}

func TestDescribe(t *testing.T) {
	sdk := debug.Module{Path: sdkModule, Version: "v1.40.0"}
	newer, fork, directory := sdk, sdk, sdk
	newer.Replace = &debug.Module{Path: sdkModule, Version: "v1.41.0"}
	fork.Replace = &debug.Module{Path: "example.com/fork", Version: "v1.40.1"}
	directory.Replace = &debug.Module{Path: "../otel"}
	tests := []struct {
		name    string
		sdk     debug.Module
		version string
		release string
	}{
		{"required", sdk, "v1.40.0", "v1.40.0"},
		{"replaced by another version", newer, "v1.41.0", "v1.41.0"},
		{"replaced by a fork", fork, "v1.40.1", ""},
		{"replaced by a directory", directory, "", ""},
	}
	for _, test := range tests {
		var b Description
		b.add(&debug.BuildInfo{GoVersion: "go1.26.8 X:jsonv2", Path: "example.com/shop/cmd",
			Deps: []*debug.Module{{Path: apiModule}, &test.sdk}})
		if b.SDKVersion != test.version || b.GoVersion != "go1.26.8" || b.Module != "example.com/shop/cmd" ||
			!b.Links(apiModule) || !b.Links(sdkModule) {
			t.Errorf("%s: %+v", test.name, b)
		}
		if got := b.Modules[1].Release(); got != test.release {
			t.Errorf("%s: its release is %q, want %q", test.name, got, test.release)
		}
	}
}

func TestRequireSDK(t *testing.T) {
	tests := []struct {
		name string
		testprogram.Variant
		says string // "" where the SDK is there
	}{
		{"default", testprogram.Reference, ""},
		{"stripped", testprogram.ReferenceStripped, ""},
		{"nothing", testprogram.Tiny, " is a Go program without OpenTelemetry"},
		{"api", testprogram.APIOnly, "without the OpenTelemetry SDK: it links only the API, whose default tracer records nothing"},
		{"dropped", testprogram.SDKDropped, "whose linker dropped the OpenTelemetry SDK's tracer"},
	}
	for _, test := range tests {
		err := read(t, test.Variant).RequireSDK()
		if test.says == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if !errors.Is(err, ErrNoSDK) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.says)
		}
	}
}

func TestFileOffset(t *testing.T) {
	b := read(t, testprogram.ReferencePIE)
	found, err := b.Functions(sdkMark)
	if err != nil {
		t.Fatal(err)
	}
	start := found[sdkMark][0]
	offset, err := b.FileOffset(start.Address)
	if err != nil {
		t.Fatal(err)
	}
	inFile := make([]byte, start.Size)
	if err := readFull(b.image.r, inFile, offset); err != nil {
		t.Fatal(err)
	}
	code, err := b.Code(start)
	if err != nil || !bytes.Equal(code, inFile) {
		t.Errorf("Code and FileOffset differ: %v", err)
	}
	for _, address := range []uint64{0, b.functions.address, ^uint64(0)} {
		if offset, err := b.FileOffset(address); err == nil {
			t.Errorf("%#x, which is no code, is at file offset %#x", address, offset)
		}
	}
	if _, err := b.Code(Function{Name: "beyond", Address: start.Address, Size: 1 << 62}); err != nil {
		t.Errorf("a long function is not cut at 64 KiB: %v", err)
	}
}
