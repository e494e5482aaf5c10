package recording

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Reader reads a recording from its start. Header is set by NewReader, End
// when Next has returned io.EOF. Limits are those that the target of the Snapshot that Next
// returned last is judged by.
type Reader struct {
	Header Header
	End    End
	Limits report.Limits

	r       io.Reader
	budget  *untrusted.Budget
	offset  int64                              // of the next frame
	stacks  map[uint64]snapshot.Stack          // by the ID that they have in the file
	frames  map[snapshot.Frame]*snapshot.Frame // each once: stacks share them
	payload bytes.Buffer
	inflate io.ReadCloser
	text    []byte // of a record; its memory is reused
}

// Recorded reports whether a file that begins with these bytes is a recording, whole or not.
func Recorded(start []byte) bool { return bytes.HasPrefix(start, []byte(magic)) }

// NewReader reads the start of a recording. The whole recording, with the stacks that are
// kept of it, is charged to the budget; nil is no limit, but each record is limited in any
// case. Errors are ErrNotRecording, ErrVersion, ErrTruncated, ErrCorrupt or
// untrusted.ErrTooLarge.
func NewReader(r io.Reader, budget *untrusted.Budget) (*Reader, error) {
	r = budget.Reader(r)
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
	reader := &Reader{
		r: r, budget: budget, offset: int64(prefixLength),
		stacks: map[uint64]snapshot.Stack{}, frames: map[snapshot.Frame]*snapshot.Frame{}, inflate: flate.NewReader(nil),
	}
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

// Next returns the next Snapshot, within the bounds of snapshot.Bounded, or io.EOF after the
// last one of a whole recording. Other errors are ErrTruncated, ErrCorrupt or
// untrusted.ErrTooLarge, with the offset in the file.
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
	}
	if err := r.resolve(next.Snapshot.Samples.Stacks, at); err != nil {
		return snapshot.Snapshot{}, err
	}
	r.Limits = r.Header.Limits
	if next.Limits != nil {
		r.Limits = *next.Limits
	}
	return next.Snapshot.Bounded(), nil
}

// The memory of a stack and of a frame, without its name, and the steps to classify a frame.
const (
	stackBytes = 256
	frameBytes = 160
	frameSteps = 4
)

// resolve gives stacks the frames that were written when the stack came first, and IDs of
// this run: IDs in the file may be anything.
func (r *Reader) resolve(stacks []snapshot.Stack, at int64) error {
	for i := range stacks {
		read := stacks[i]
		if read.Frames != nil {
			if err := r.keep(read); err != nil {
				return fmt.Errorf("at byte %d: %w", at, err)
			}
		}
		known, written := r.stacks[read.ID]
		if !written {
			return damaged(at, "a stack is named that was never written")
		}
		known.Count = read.Count
		stacks[i] = known
	}
	return nil
}

// keep remembers a stack, whose frames it shares with other stacks.
func (r *Reader) keep(stack snapshot.Stack) error {
	memory := stackBytes + 8*int64(len(stack.Frames))
	shared := make([]*snapshot.Frame, len(stack.Frames))
	for i, frame := range stack.Frames {
		if shared[i] = r.frames[*frame]; shared[i] == nil {
			own := *frame // a copy keeps the memory of the stack's other frames from staying
			r.frames[own], shared[i] = &own, &own
			memory += frameBytes + int64(len(own.Function)+len(own.File))
		}
	}
	r.stacks[stack.ID] = snapshot.NewStack(0, shared...)
	if err := r.budget.Memory(memory); err != nil {
		return err
	}
	return r.budget.Steps(frameSteps * int64(len(shared)))
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
	r.payload.Reset() // it grows only with what is read: length may be damaged
	if n, err := io.CopyN(&r.payload, r.r, length); err != nil {
		return record{}, cutOff(r.offset+frameOverhead+n, err)
	}
	if crc32.Checksum(r.payload.Bytes(), checksum) != order.Uint32(head[4:]) {
		return record{}, damaged(r.offset, "the checksum of the frame is wrong")
	}
	decoded, err := r.decode()
	if errors.Is(err, untrusted.ErrTooLarge) {
		return record{}, fmt.Errorf("at byte %d: %w", r.offset, err)
	}
	if err != nil {
		return record{}, damaged(r.offset, err.Error())
	}
	r.offset += frameOverhead + length
	return decoded, nil
}

// decode decodes the payload, after checking how much memory it needs: that may be a
// thousand times the size of the payload.
func (r *Reader) decode() (decoded record, err error) {
	length, err := limitedRecord().JSON(r.inflated(), reflect.TypeFor[record]())
	if err == nil {
		err = r.budget.Steps(length / textPerStep)
	}
	if err != nil {
		return record{}, err
	}
	r.text = slices.Grow(r.text[:0], int(length))[:length]
	if _, err := io.ReadFull(r.inflated(), r.text); err != nil {
		return record{}, err
	}
	err = json.Unmarshal(r.text, &decoded)
	untrusted.Texts(&decoded, untrusted.MaxText)
	return decoded, err
}

// limitedRecord is the budget of one record.
func limitedRecord() *untrusted.Budget {
	return untrusted.NewBudget(untrusted.Limits{Read: maxRecord, Memory: maxDecoded})
}

// textPerStep is how many bytes are decoded in one step.
const textPerStep = 4

// inflated reads the decompressed payload from its start.
func (r *Reader) inflated() io.Reader {
	_ = r.inflate.(flate.Resetter).Reset(bytes.NewReader(r.payload.Bytes()), nil) // never fails
	return r.inflate
}

// cutOff distinguishes the end of the file from a failure to read it.
func cutOff(at int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends at byte %d without an end mark", ErrTruncated, at)
	}
	return fmt.Errorf("at byte %d: %w", at, err)
}

func damaged(at int64, what string) error {
	return fmt.Errorf("%w at byte %d: %s", ErrCorrupt, at, what)
}
