package gobinary

import (
	"cmp"
	"debug/elf"
	"io"
	"runtime/debug"
	"strings"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Description is what an executable says of itself.
type Description struct {
	GoVersion  string // "go1.26.8"; "" without build information
	SDKVersion string // of go.opentelemetry.io/otel/sdk, replacements honoured; "" if unknown
	Protobuf   string // version of google.golang.org/protobuf, replacements honoured; "" if unknown
	Module     string // main module's path, else the main package's
	BuildID    string // Go's; "" if there is none
	Arch       string // GOARCH
	Stripped   bool   // no .symtab
	PIE        bool   // ET_DYN
	// Modules are those of the build information, by path, without the main module; nil
	// without it.
	Modules []Module
}

// Describe reads what a Go executable of any architecture says of itself, without its
// functions: Read may fail where Describe does not. Errors are like Read's.
func Describe(r io.ReaderAt) (Description, error) {
	budget := untrusted.NewBudget(examination)
	d, err := readDescription(r, budget)
	if err := verdict(budget, err); err != nil {
		return Description{}, err
	}
	return d, nil
}

func readDescription(r io.ReaderAt, budget *untrusted.Budget) (Description, error) {
	file, err := readGo(r, budget)
	if err != nil {
		return Description{}, err
	}
	m, err := newImage(r, file)
	if err != nil {
		return Description{}, err
	}
	return describe(r, file, m.within(budget), budget)
}

// describe reads the build id and the build information. It is no error if there is none.
func describe(r io.ReaderAt, file *headers, m image, budget *untrusted.Budget) (Description, error) {
	d := Description{Arch: architecture(file), PIE: elf.Type(file.Type) == elf.ET_DYN, Stripped: !file.has(elf.SHT_SYMTAB)}
	var err error
	if d.BuildID, err = readBuildID(budget.ReaderAt(r), file, budget); err != nil {
		return Description{}, err
	}
	info, err := readBuildInfo(file, m, budget)
	switch {
	case err == nil:
		d.add(info)
	case readFailed(err):
		return Description{}, err
	}
	return d, nil
}

func (d *Description) add(info *debug.BuildInfo) {
	goVersion, _, _ := strings.Cut(info.GoVersion, " ") // "go1.26.8 X:experiment"
	d.GoVersion, d.Module = shown(goVersion), shown(cmp.Or(info.Main.Path, info.Path))
	d.Modules = modulesOf(info)
	for _, m := range d.Modules {
		switch m.Path {
		case sdkModule:
			d.SDKVersion = m.Version
		case protobufModule:
			d.Protobuf = m.Version
		}
	}
}
