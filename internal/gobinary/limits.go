package gobinary

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/otwatch/otwatch/internal/untrusted"
)

// Limits of what reading an executable may cost: anybody who can run a program can write
// one. The limits are several times what the largest known Go programs need, which is
// given with each. The largest is a Terraform provider of 707 MB with 546,000 functions.
const (
	// The kernel executes no program with more. The linker writes about 10.
	maxProgramHeaders = 64 << 10 / 56
	// The linker writes about 30, C compilers some hundreds in rare cases.
	maxSections = 8 << 10
	// Bytes of the names of all sections: under 1 KiB.
	maxSectionNames = 1 << 20
	// Bytes of one name. The longest that is looked for has 24.
	maxSectionName = 64
	// Bytes of all segments. The linker refuses more than 2 GB of data, and offsets in
	// code have 32 bits.
	maxLoaded = 8 << 30
	// Functions, and names of functions, in one pass: 607,000.
	maxFunctions = 4 << 20
	// Bytes of a function's or file's name as it is shown. The longest has 1,439.
	maxShownName = 1 << 10
	// Memory for each name that is looked up: one or two functions.
	passMemory = 1 << 10
	// Bytes of build information: 38 KB.
	maxBuildInfo = 1 << 20
	// Bytes of debug information of types and functions: 7 MB in a program of 29 MB, and
	// so about 72 MB in one of 300 MB. Reading it needs a second, but no memory.
	maxDebug = 128 << 20
	// Bytes of abbreviations in debug information: 614, and some MB with much C++.
	maxAbbreviations = 4 << 20

	// Addresses whose frames are cached, and bytes of these frames and their names: some
	// 3 MB.
	maxFrames     = 1 << 14
	maxFrameBytes = 8 << 20
)

// longest bounds examinations that are slow for a reason that no other limit covers, such
// as a slow disk. Reading a program of 707 MB from disk lasts a second.
const longest = 30 * time.Second

// lookupsTime is the period that the limit lookups is for.
const lookupsTime = 10 * time.Second

var (
	// examination is for reading headers and finding the function table: 200 KB, and
	// half a GB without section headers.
	examination = untrusted.Limits{Read: 1 << 30, Memory: 32 << 20, Time: longest}
	// pass is for finding functions by their names: 119 MB, 1.2 million entries. The
	// memory is for names given by their beginning or end; passMemory is added for each
	// name.
	pass = untrusted.Limits{Read: 512 << 20, Memory: 1 << 20, Steps: 2 * maxFunctions, Time: longest}
	// inlineSearch is for finding the base address of inline trees: 94 KB, a few
	// thousand entries.
	inlineSearch = untrusted.Limits{Read: 32 << 20, Steps: 128 << 10, Time: longest}
	// lookup is for the frames of one address: 35 KB for each of three tables, and for
	// each of a few nested inlined calls.
	lookup = untrusted.Limits{Read: 1 << 20}
	// lookups is for the frames of all addresses within lookupsTime: some thousands of
	// new ones at 5 KB each.
	lookups = untrusted.Limits{Read: 64 << 20}
	// debugInformation is for reading structs from DWARF: 72 MB decompressed and half of
	// it compressed, 5 million entries.
	debugInformation = untrusted.Limits{Read: 2 * maxDebug, Memory: 8 << 20, Steps: 16 << 20, Time: longest}
)

// tooMany is the error for a count that exceeds its limit.
func tooMany(limit int, what string) error {
	return fmt.Errorf("%w: it has more than %d %s", untrusted.ErrTooLarge, limit, what)
}

// verdict makes an Error of what is wrong with an executable. If a limit was exceeded
// that is the reason, even if err is a consequence of it, such as a table that ends
// early. A failed read says nothing of the executable and is returned as it is: another
// read may succeed.
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

// readFailed reports whether an error comes from reading a file, not from its content.
func readFailed(err error) bool {
	var failed *fs.PathError
	return errors.As(err, &failed) || errors.Is(err, untrusted.ErrUnresponsive)
}
