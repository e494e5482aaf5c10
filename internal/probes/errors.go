package probes

import (
	"errors"

	"github.com/otwatch/otwatch/internal/failure"
)

// Error is the error that an export returned.
type Error struct {
	Text   string // clean, and without credentials; empty if Unread
	Unread string // why there is no text
}

// uncopied is why an error has no text: BPF copies some twenty a second of a target.
const uncopied = "it returned less than 50 ms after an error that was read, or there was no room for it"

// holding is what the programs call what errors hold.
var holding = [...]bpfHolds{
	failure.Nothing: bpfHoldsHOLDS_NOTHING,
	failure.Text:    bpfHoldsHOLDS_TEXT,
	failure.Wrapped: bpfHoldsHOLDS_ERROR,
	failure.Both:    bpfHoldsHOLDS_BOTH,
	failure.List:    bpfHoldsHOLDS_LIST,
	failure.Number:  bpfHoldsHOLDS_NUMBER,
	failure.Status:  bpfHoldsHOLDS_STATUS,
}

// knownErrors finds the types of errors that the program has, by the addresses of their
// methods in the process.
func (a *Attachment) knownErrors() (map[uint64]failure.Shape, error) {
	functions, err := a.process.Binary.Functions(failure.Methods()...)
	if err != nil {
		return nil, err
	}
	known := map[uint64]failure.Shape{}
	for _, shape := range failure.Shapes {
		for _, f := range functions[shape.Method] {
			known[f.Address+a.process.Bias] = shape
		}
	}
	return known, nil
}

// fillErrors makes the map entries by which errors are copied.
func (a *Attachment) fillErrors() (err error) {
	maps := &a.session.objects.bpfMaps
	for method, shape := range a.errors {
		key := bpfShapeKey{Tgid: a.tgid(), Method: method}
		err = errors.Join(err, maps.Shapes.Put(key, bpfShape{Holds: holding[shape.Holds], Text: shape.Text, Next: shape.Next}))
	}
	return errors.Join(err, maps.ErrorsCopied.Put(a.tgid(), uint64(0)))
}

// clearErrors removes the entries of fillErrors that exist.
func (a *Attachment) clearErrors() {
	maps := &a.session.objects.bpfMaps
	for method := range a.errors {
		_ = maps.Shapes.Delete(bpfShapeKey{Tgid: a.tgid(), Method: method})
	}
	_ = maps.ErrorsCopied.Delete(a.tgid())
}

// copiedError is an error as it was copied: its levels are not named yet, since that reads the
// program's executable, which may take long.
type copiedError struct {
	levels  []failure.Level
	methods []uint64 // of the levels, by address
	partial bool     // the receiver's message of a partial success
}

// keepError keeps a copied error for the record of its operation, which comes next from the
// goroutine. The caller holds mu.
func (a *Attachment) keepError(r bpfErrorRecord) {
	if len(a.copied) >= maxCopied { // operations whose records were lost
		clear(a.copied)
	}
	e := &copiedError{partial: r.Partial != 0}
	depth := min(int(r.Depth), len(r.Levels))
	if e.partial {
		depth = 1
	}
	for _, level := range r.Levels[:depth] {
		e.levels = append(e.levels, levelOf(level))
		e.methods = append(e.methods, level.Method)
	}
	a.copied[r.Goroutine] = e
}

// maxCopied bounds the errors that wait for the records of their operations.
const maxCopied = 64

// takeError returns the error that was copied of an operation; nil if none was. The caller
// holds mu.
func (a *Attachment) takeError(goroutine uint64) *copiedError {
	e := a.copied[goroutine]
	delete(a.copied, goroutine)
	return e
}

// readErrors writes the errors of calls, and receivers' messages of partial successes that
// returned none. It may read the program's executable.
func (a *Attachment) readErrors(calls []Call) {
	names := map[uint64]string{}
	for i := range calls {
		call := &calls[i]
		switch e := call.copied; {
		case e == nil && call.Failed:
			call.Error = Error{Unread: uncopied}
		case e != nil && call.Failed:
			call.Error = a.errorOf(e, names)
		case e != nil:
			call.Message = a.errorOf(e, names).Text
		}
		call.copied = nil
	}
}

// errorOf describes a copied error. names has the methods that were named before.
func (a *Attachment) errorOf(e *copiedError, names map[uint64]string) (described Error) {
	if e.partial {
		if level := e.levels[0]; level.Read {
			described.Text = failure.Clean(level.Text)
		}
		return described
	}
	for i, address := range e.methods {
		name, ok := names[address]
		if !ok {
			name = a.methodAt(address)
			names[address] = name
		}
		e.levels[i].Method = name
	}
	described.Text, described.Unread = failure.Describe(e.levels)
	return described
}

// methodAt names the method at an address of the process; "" if there is none.
func (a *Attachment) methodAt(address uint64) string {
	if shape, ok := a.errors[address]; ok {
		return shape.Method
	}
	if address == 0 {
		return ""
	}
	function, ok, err := a.process.Binary.FunctionAt(address - a.process.Bias)
	if !ok || err != nil {
		return ""
	}
	return function.Name
}

func levelOf(l bpfErrorLevel) failure.Level {
	text := make([]byte, min(l.Len, uint64(len(l.Text))))
	for i := range text {
		text[i] = byte(l.Text[i])
	}
	if l.Len > uint64(len(text)) {
		text = append(text, "…"...)
	}
	return failure.Level{Text: string(text), Value: l.Value, Read: l.Read != 0}
}
