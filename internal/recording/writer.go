package recording

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Limit is how large a recording grows, in bytes: a day and more of one busy
// process at an interval of 10 s.
const Limit = 64 << 20

// endReserve is kept free for the End.
const endReserve = 256

// ErrFull is the error for the first Snapshot that found no room.
var ErrFull = errors.New("recording full")

// Writer writes a recording. It is not safe for concurrent use.
type Writer struct {
	w       io.Writer
	limit   int
	written int
	known   map[uint64]bool // by ID, the stacks whose frames are written
	skipped uint64
	gaps    uint64
	full    bool
	err     error // of writing; nothing is written after it
}

// NewWriter starts a recording of no more than limit bytes, such as Limit.
func NewWriter(w io.Writer, header Header, limit int) (*Writer, error) {
	writer := &Writer{w: w, limit: limit, known: map[uint64]bool{}}
	writer.put(order.AppendUint16([]byte(magic), formatVersion))
	if err := writer.frame(record{Header: &header}, 0); err != nil {
		return nil, err
	}
	return writer, nil
}

// Write records one Snapshot. The first that finds no room gets ErrFull; it
// and all later ones are counted in the End. After a failed write, which is
// returned once and again by Close, nothing more is recorded.
func (w *Writer) Write(s snapshot.Snapshot) error {
	switch {
	case w.err != nil:
		return nil
	case w.full:
		w.skipped++
		return nil
	}
	interned := w.intern(s)
	err := w.frame(record{Snapshot: &interned}, endReserve)
	if errors.Is(err, ErrFull) {
		w.full, w.skipped = true, 1
		return fmt.Errorf("%w: %d bytes hold no more; what comes from now on is not in it", ErrFull, w.limit)
	}
	if err == nil {
		for _, stack := range s.Samples.Stacks {
			w.known[stack.ID] = true
		}
	}
	return err
}

// Skip leaves out a Snapshot that cannot be written now, which the End counts.
func (w *Writer) Skip() {
	if !w.full {
		w.gaps++
	} else {
		w.skipped++
	}
}

// Close writes the End. It does not close what the Writer writes to.
func (w *Writer) Close() error {
	if w.err == nil {
		_ = w.frame(record{End: &End{Skipped: w.skipped, Gaps: w.gaps}}, 0) // kept in w.err
	}
	return w.err
}

// intern returns s without the frames of stacks that are written already.
func (w *Writer) intern(s snapshot.Snapshot) snapshot.Snapshot {
	s.Samples.Stacks = slices.Clone(s.Samples.Stacks)
	for i := range s.Samples.Stacks {
		stack := &s.Samples.Stacks[i]
		if w.known[stack.ID] {
			stack.Frames = nil
		} else if stack.Frames == nil {
			stack.Frames = []*snapshot.Frame{} // written, though there is nothing
		}
	}
	return s
}

// frame writes a record, unless less than reserve bytes would be left after it.
func (w *Writer) frame(r record, reserve int) error {
	payload, err := compress(r)
	if err != nil {
		w.err = fmt.Errorf("record: %w", err)
		return w.err
	}
	if len(payload) > maxPayload || w.written+frameOverhead+len(payload)+reserve > w.limit {
		return ErrFull
	}
	frame := order.AppendUint32(nil, uint32(len(payload)))
	frame = order.AppendUint32(frame, crc32.Checksum(payload, checksum))
	w.put(append(frame, payload...)) // in one write: a crash leaves it whole or out
	return w.err
}

func (w *Writer) put(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.w.Write(b)
	w.written += n
	if err != nil {
		w.err = fmt.Errorf("record, at byte %d: %w", w.written, err)
	}
}

func compress(r record) ([]byte, error) {
	var payload bytes.Buffer
	deflate, err := flate.NewWriter(&payload, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(json.NewEncoder(deflate).Encode(r), deflate.Close()); err != nil {
		return nil, err
	}
	return payload.Bytes(), nil
}
