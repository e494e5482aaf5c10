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
// The first record is a Header, the last an End, all others are Snapshots.
//
// Each frame is compressed for itself, so that a crash loses no more than the
// frame being written. What repeats from frame to frame is nearly all call
// stacks, which DEFLATE's 32 KiB of memory would forget between two Snapshots
// anyway: so a stack's frames are written the first time only, and later ones
// name it by its ID. JSON, for Snapshots gain fields: an old reader leaves out
// what it does not know, and a new one finds zero in an old file.
const (
	magic         = "otwatch\x1a"
	formatVersion = 1

	prefixLength  = len(magic) + 2
	frameOverhead = 8
)

const (
	// maxPayload and maxRecord bound one record, compressed and not: a Snapshot of one
	// interval has 3 KB to 90 KB, of which stacks that are new are the most. A Writer
	// leaves out what is larger.
	maxPayload = 8 << 20
	maxRecord  = 32 << 20
	// maxDecoded bounds what a Reader's record takes in memory, by Budget.JSON's model.
	maxDecoded = 64 << 20
)

var (
	// ErrNotRecording is the error for a file that is something else.
	ErrNotRecording = errors.New("not a recording of otwatch attach --record")
	// ErrVersion is the error for a recording in a form of a later otwatch.
	ErrVersion = errors.New("recording of a newer version")
	// ErrTruncated is the error for a recording that ends before its end mark.
	ErrTruncated = errors.New("recording cut off")
	// ErrCorrupt is the error for a recording whose bytes are not as written.
	ErrCorrupt = errors.New("recording damaged")
)

var (
	order    = binary.LittleEndian
	checksum = crc32.MakeTable(crc32.Castagnoli)
)

// Header says what made a recording. By its Limits a replay judges as it was
// judged live.
type Header struct {
	Version string        `json:"version"` // of otwatch
	CPUs    int           `json:"cpus"`    // of the host
	Limits  report.Limits `json:"limits"`
}

// End is the last record. Skipped is the number of Snapshots that came when
// the recording was full, Gaps of those before that came more quickly than they
// could be written.
type End struct {
	Skipped uint64 `json:"skipped"`
	Gaps    uint64 `json:"gaps,omitempty"`
	// Oversized is the number of those that were too large for a frame.
	Oversized uint64 `json:"oversized,omitempty"`
}

// record is what a frame holds: one of these.
type record struct {
	Header   *Header            `json:"header,omitempty"`
	Snapshot *snapshot.Snapshot `json:"snapshot,omitempty"`
	End      *End               `json:"end,omitempty"`
}
