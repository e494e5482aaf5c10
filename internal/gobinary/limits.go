package gobinary

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// What an executable may cost. Anybody who can run a program can write one, so
// everything that is read of it has a limit. The figures are several times those of
// the largest Go programs that were found, given behind each: a provider of Terraform
// of 707 MB with 546,000 functions is the largest.
const (
	// The kernel executes no program with more, and the linker writes about 10.
	maxProgramHeaders = 64 << 10 / 56
	// The linker writes about 30, compilers of C some hundreds in odd cases.
	maxSections = 8 << 10
	// The names of all sections: under 1 KiB.
	maxSectionNames = 1 << 20
	// The longest name of a section that is asked for has 24 bytes.
	maxSectionName = 64
	// All segments together: the linker refuses more than 2 GB of data, and offsets in
	// code have 32 bits.
	maxLoaded = 8 << 30
	// 607,000 names of functions and as many functions, in one pass.
	maxFunctions = 4 << 20
	// A function's name or a file's, as it is shown: the longest has 1,439 bytes.
	maxShownName = 1 << 10
	// The memory for each name that is looked up: 1 or 2 bodies.
	passMemory = 1 << 10
	// Build information: 38 KB.
	maxBuildInfo = 1 << 20
	// Debug information of types and functions: 7 MB of a program of 29 MB, and so about
	// 72 MB of one of 300 MB. It takes no memory, but a second.
	maxDebug = 128 << 20
	// Abbreviations of debug information: 614 bytes, and some MB with much C++.
	maxAbbreviations = 4 << 20

	// The addresses of an executable whose frames are remembered, and the bytes of
	// these frames and their names: some 3 MB.
	maxFrames     = 1 << 14
	maxFrameBytes = 8 << 20
)

// longest ends examinations that are slow for a reason which no other limit names, such
// as a slow disk: a program of 707 MB takes a second from one.
const longest = 30 * time.Second

// lookupsTime is how long lookups are enough for.
const lookupsTime = 10 * time.Second

var (
	// examination is for reading headers and finding the function table: 200 KB, and
	// half a GB where section headers are missing.
	examination = untrusted.Limits{Read: 1 << 30, Memory: 32 << 20, Time: longest}
	// pass is for finding functions by their names: 119 MB, 1.2 million entries. The
	// memory is for names that only begin or end as asked, and passMemory for each name.
	pass = untrusted.Limits{Read: 512 << 20, Memory: 1 << 20, Steps: 2 * maxFunctions, Time: longest}
	// inlineSearch is for finding out what inline trees are counted from: 94 KB, a few
	// thousand entries.
	inlineSearch = untrusted.Limits{Read: 32 << 20, Steps: 128 << 10, Time: longest}
	// lookup is for the frames of one address: 35 KB for each of three tables and
	// each of a few calls inlined into each other.
	lookup = untrusted.Limits{Read: 1 << 20}
	// lookups is for the frames of all addresses within lookupsTime: some thousands that
	// are new, at 5 KB each.
	lookups = untrusted.Limits{Read: 64 << 20}
	// debugInformation is for reading structs from DWARF, compressed and not: 72 MB and
	// half of it, 5 million entries.
	debugInformation = untrusted.Limits{Read: 2 * maxDebug, Memory: 8 << 20, Steps: 16 << 20, Time: longest}
)

// tooMany is the error for a count that exceeds its limit.
func tooMany(limit int, what string) error {
	return fmt.Errorf("%w: it has more than %d %s", untrusted.ErrTooLarge, limit, what)
}

// verdict makes an Error of what is wrong with an executable: it met a limit, even where
// that showed in err as something else, such as a table that ends early, or its parts
// do not fit. A file that could not be read is no verdict: another time, perhaps.
func verdict(budget *untrusted.Budget, err error) error {
	if over := budget.Err(); over != nil {
		err = over
	}
	var e *Error
	switch {
	case errors.Is(err, ErrTooLarge):
		return &Error{Kind: ErrTooLarge, Says: ": " + err.Error()}
	case err == nil, errors.As(err, &e), readFailed(err):
		return err
	}
	return Unlocated("%v", err)
}

// readFailed reports whether an error is of reading a file, not of what is in it.
func readFailed(err error) bool {
	var failed *fs.PathError
	return errors.As(err, &failed) || errors.Is(err, untrusted.ErrUnresponsive)
}
