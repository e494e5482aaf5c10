package recording

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Reader reads a recording from its start. Header is set by NewReader, End
// when Next has returned io.EOF.
type Reader struct {
	Header Header
	End    End

	r      io.Reader
	offset int64 // of the next frame
	stacks map[uint64][]*snapshot.Frame
}

// Recorded says whether a file that begins with these bytes is a recording,
// whole or not.
func Recorded(start []byte) bool { return bytes.HasPrefix(start, []byte(magic)) }

// NewReader reads the start of a recording. What it cannot read is
// ErrNotRecording, ErrVersion, ErrTruncated or ErrCorrupt.
func NewReader(r io.Reader) (*Reader, error) {
	prefix := make([]byte, prefixLength)
	n, err := io.ReadFull(r, prefix)
	switch {
	case !Recorded(prefix):
		return nil, ErrNotRecording
	case err != nil:
		return nil, cutOff(int64(n), err)
	case order.Uint16(prefix[len(magic):]) != formatVersion:
		return nil, fmt.Errorf("%w: its format is version %d, this otwatch reads version %d; use a newer otwatch",
			ErrVersion, order.Uint16(prefix[len(magic):]), formatVersion)
	}
	reader := &Reader{r: r, offset: int64(prefixLength), stacks: map[uint64][]*snapshot.Frame{}}
	first, err := reader.record()
	if err != nil {
		return nil, err
	}
	if first.Header == nil {
		return nil, damaged(int64(prefixLength), "there is no header")
	}
	reader.Header = *first.Header
	return reader, nil
}

// Next returns the next Snapshot, or io.EOF after the last one of a whole
// recording, else ErrTruncated or ErrCorrupt with the byte it is at.
func (r *Reader) Next() (snapshot.Snapshot, error) {
	at := r.offset
	next, err := r.record()
	switch {
	case err != nil:
		return snapshot.Snapshot{}, err
	case next.End != nil:
		r.End = *next.End
		return snapshot.Snapshot{}, io.EOF
	case next.Snapshot == nil:
		return snapshot.Snapshot{}, damaged(at, "the frame holds nothing")
	case !r.resolve(next.Snapshot.Samples.Stacks):
		return snapshot.Snapshot{}, damaged(at, "a stack is named that was never written")
	}
	return *next.Snapshot, nil
}

// resolve gives stacks the frames that were written with their first mention.
func (r *Reader) resolve(stacks []snapshot.Stack) bool {
	for i := range stacks {
		stack := &stacks[i]
		if stack.Frames != nil {
			r.stacks[stack.ID] = stack.Frames
			continue
		}
		frames, known := r.stacks[stack.ID]
		if !known {
			return false
		}
		stack.Frames = frames
	}
	return true
}

// record reads the frame at the offset.
func (r *Reader) record() (record, error) {
	var head [frameOverhead]byte
	if n, err := io.ReadFull(r.r, head[:]); err != nil {
		return record{}, cutOff(r.offset+int64(n), err)
	}
	length := int64(order.Uint32(head[:]))
	if length > maxPayload {
		return record{}, damaged(r.offset, fmt.Sprintf("a frame of %d bytes", length))
	}
	// A buffer that grows with what is there: length may be damaged.
	var payload bytes.Buffer
	if n, err := io.CopyN(&payload, r.r, length); err != nil {
		return record{}, cutOff(r.offset+frameOverhead+n, err)
	}
	if crc32.Checksum(payload.Bytes(), checksum) != order.Uint32(head[4:]) {
		return record{}, damaged(r.offset, "the checksum of the frame is wrong")
	}
	decoded, err := decompress(&payload)
	if err != nil {
		return record{}, damaged(r.offset, err.Error())
	}
	r.offset += frameOverhead + length
	return decoded, nil
}

func decompress(payload io.Reader) (decoded record, err error) {
	inflate := flate.NewReader(payload)
	err = json.NewDecoder(io.LimitReader(inflate, maxRecord)).Decode(&decoded)
	untrusted.Texts(&decoded, untrusted.MaxText)
	return decoded, err
}

// cutOff tells the end of the file from a failure to read it.
func cutOff(at int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends at byte %d, without its end mark", ErrTruncated, at)
	}
	return fmt.Errorf("at byte %d: %w", at, err)
}

func damaged(at int64, what string) error {
	return fmt.Errorf("%w at byte %d: %s", ErrCorrupt, at, what)
}
