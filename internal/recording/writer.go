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
)

// Limit is the largest size of a recording, in bytes: more than a day of one busy process at
// an interval of 10 s.
const Limit = 64 << 20

// maxLarge is for how many processes a Snapshot that is too large is reported at most.
const maxLarge = 256

// endReserve is the room kept for the End.
const endReserve = 256

var (
	// ErrFull is the error for the first Snapshot that found no room.
	ErrFull = errors.New("recording full")
	// ErrOversized is the error for the first Snapshot of a process that is too large. Other
	// Snapshots are still recorded.
	ErrOversized = errors.New("too much for a recording")
)

// Writer writes a recording. It is not safe for concurrent use.
type Writer struct {
	w       io.Writer
	limits  report.Limits // of the Header
	limit   int
	written int
	known   map[uint64]bool // by ID, the stacks whose frames are written
	skipped uint64
	gaps    uint64
	full    bool
	large   uint64       // Snapshots that were too large
	largeOf map[int]bool // their processes, maxLarge at most
	err     error        // of writing; nothing is written after it
}

// NewWriter starts a recording of no more than limit bytes, such as Limit.
func NewWriter(w io.Writer, header Header, limit int) (*Writer, error) {
	writer := &Writer{w: w, limits: header.Limits, limit: limit, known: map[uint64]bool{}, largeOf: map[int]bool{}}
	writer.put(order.AppendUint16([]byte(magic), formatVersion))
	if err := writer.frame(record{Header: &header}, 0); err != nil {
		return nil, err
	}
	return writer, nil
}

// Write records one Snapshot, with the Limits that its target is judged by. It returns ErrFull for the first one that has no room; that one
// and all later ones are counted in the End. It returns ErrOversized for the first one of
// a process that is too large; those are counted too. The error of a failed write is
// returned once, and again by Close; nothing is recorded after it.
func (w *Writer) Write(s snapshot.Snapshot, limits report.Limits) error {
	switch {
	case w.err != nil:
		return nil
	case w.full:
		w.skipped++
		return nil
	}
	interned := w.intern(s)
	next := record{Snapshot: &interned}
	if !limits.Equal(w.limits) {
		next.Limits = &limits
	}
	err := w.frame(next, endReserve)
	if errors.Is(err, ErrOversized) {
		return w.leaveOut(s.Target.PID)
	}
	if errors.Is(err, ErrFull) {
		w.full, w.skipped = true, 1
		return fmt.Errorf("%w: it has reached its limit of %d bytes; later snapshots are not recorded", ErrFull, w.limit)
	}
	if err == nil {
		for _, stack := range s.Samples.Stacks {
			w.known[stack.ID] = true
		}
	}
	return err
}

// Skip counts a Snapshot that cannot be written now.
func (w *Writer) Skip() {
	if !w.full {
		w.gaps++
	} else {
		w.skipped++
	}
}

// leaveOut counts a Snapshot that is too large; the error is for the first of a process.
func (w *Writer) leaveOut(pid int) error {
	w.large++
	if w.largeOf[pid] || len(w.largeOf) >= maxLarge {
		return nil
	}
	w.largeOf[pid] = true
	return fmt.Errorf("%w: a snapshot of pid %d is larger than %d MiB, or %d MiB compressed; such snapshots are not recorded", ErrOversized, pid, maxRecord>>20, maxPayload>>20)
}

// Close writes the End. It does not close what the Writer writes to.
func (w *Writer) Close() error {
	if w.err == nil {
		_ = w.frame(record{End: &End{Skipped: w.skipped, Gaps: w.gaps, Oversized: w.large}}, 0) // kept in w.err
	}
	return w.err
}

// intern returns s without the frames of stacks that have been written.
func (w *Writer) intern(s snapshot.Snapshot) snapshot.Snapshot {
	s.Samples.Stacks = slices.Clone(s.Samples.Stacks)
	for i := range s.Samples.Stacks {
		stack := &s.Samples.Stacks[i]
		if w.known[stack.ID] {
			stack.Frames = nil
		} else if stack.Frames == nil {
			stack.Frames = []*snapshot.Frame{} // nil would mean that it has been written
		}
	}
	return s
}

// frame writes a record, unless less than reserve bytes would remain.
func (w *Writer) frame(r record, reserve int) error {
	payload, err := compress(r)
	if errors.Is(err, ErrOversized) {
		return err
	}
	if err != nil {
		w.err = fmt.Errorf("record: %w", err)
		return w.err
	}
	if w.written+frameOverhead+len(payload)+reserve > w.limit {
		return ErrFull
	}
	frame := order.AppendUint32(nil, uint32(len(payload)))
	frame = order.AppendUint32(frame, crc32.Checksum(payload, checksum))
	w.put(append(frame, payload...)) // in one write: after a crash it is whole or absent
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

// compress returns the payload of a record; ErrOversized if no Reader accepts it.
func compress(r record) ([]byte, error) {
	text, err := json.Marshal(r)
	switch {
	case err != nil:
		return nil, err
	case !readable(text):
		return nil, ErrOversized
	}
	var payload bytes.Buffer
	deflate, err := flate.NewWriter(&payload, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := deflate.Write(append(text, '\n')); err != nil {
		return nil, err
	}
	if err := deflate.Close(); err != nil {
		return nil, err
	}
	if payload.Len() > maxPayload {
		return nil, ErrOversized
	}
	return payload.Bytes(), nil
}

// readable reports whether a Reader accepts a record. A small one is certainly accepted.
func readable(text []byte) bool {
	const small = 1 << 20
	if len(text) < small {
		return true
	}
	_, err := limitedRecord().JSON(bytes.NewReader(text), reflect.TypeFor[record]())
	return err == nil && len(text) < maxRecord
}
