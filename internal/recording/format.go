package recording

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// A recording is
//
//	magic    8 bytes  "otwatch" 0x1a
//	version  uint16   1; like all numbers here little-endian
//	frames, each:
//	  length   uint32   bytes of payload
//	  checksum uint32   CRC-32C of payload
//	  payload  DEFLATE of one record as JSON
//
// The first record is a Header, the last an End, all others are Snapshots. A Snapshot has
// the Limits that its target is judged by, unless these are the Header's.
//
// Each frame is compressed by itself, so that a crash loses only the frame that is being
// written. Nearly all that repeats from frame to frame are call stacks, and DEFLATE's
// window of 32 KiB is too small to find them: so the frames of a stack are written only
// once, and later records have its ID. Records are JSON because Snapshots gain fields: an
// old reader ignores fields that it does not know, and a new reader finds zero in an old
// file.
const (
	magic         = "otwatch\x1a"
	formatVersion = 1

	prefixLength  = len(magic) + 2
	frameOverhead = 8
)

const (
	// maxPayload and maxRecord bound one record, compressed and not. A Snapshot of one
	// interval has 3 KB to 90 KB, mostly new stacks. A Writer leaves out larger ones.
	maxPayload = 8 << 20
	maxRecord  = 32 << 20
	// maxDecoded bounds the memory of one decoded record, as estimated by Budget.JSON.
	maxDecoded = 64 << 20
)

var (
	// ErrNotRecording is the error for any other file.
	ErrNotRecording = errors.New("not a recording of otwatch attach --record")
	// ErrVersion is the error for a recording in the format of a newer otwatch.
	ErrVersion = errors.New("recording of a newer version")
	// ErrTruncated is the error for a recording that ends before its end mark.
	ErrTruncated = errors.New("recording cut off")
	// ErrCorrupt is the error for a recording whose bytes have changed.
	ErrCorrupt = errors.New("recording damaged")
)

var (
	order    = binary.LittleEndian
	checksum = crc32.MakeTable(crc32.Castagnoli)
)

// Header describes what made a recording. A replay judges by the same Limits, but for
// targets that have others.
type Header struct {
	Version string        `json:"version"` // of otwatch
	CPUs    int           `json:"cpus"`    // of the host
	Limits  report.Limits `json:"limits"`
}

// End is the last record. Skipped is the number of Snapshots that came when the recording
// was full, Gaps of those that came faster than they could be written.
type End struct {
	Skipped uint64 `json:"skipped"`
	Gaps    uint64 `json:"gaps,omitempty"`
	// Oversized is the number of Snapshots that were too large for a frame.
	Oversized uint64 `json:"oversized,omitempty"`
}

// record is the content of a frame: a Header, a Snapshot or an End.
type record struct {
	Header   *Header            `json:"header,omitempty"`
	Snapshot *snapshot.Snapshot `json:"snapshot,omitempty"`
	Limits   *report.Limits     `json:"limits,omitempty"` // with a Snapshot
	End      *End               `json:"end,omitempty"`
}
