package untrusted

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// ErrTooLarge is the error of every limit of a Budget.
var ErrTooLarge = errors.New("too large to examine")

// Limits bound the work for one input. 0 means no limit.
type Limits struct {
	Read   int64         // bytes read from the input
	Memory int64         // bytes allocated for what is read or decompressed
	Steps  int64         // entries, records, and links of chains that are followed
	Time   time.Duration // since the Budget was made
}

// Budget is what is left of the Limits of one input. Ask it before the work is done. Once
// a limit is exceeded, every later call gets the same error. Safe for concurrent use; a
// nil Budget has no limits.
type Budget struct {
	limits Limits
	began  time.Time

	mu     sync.Mutex
	read   int64
	memory int64
	steps  int64
	err    error
}

// NewBudget returns a Budget of which nothing is spent.
func NewBudget(limits Limits) *Budget { return &Budget{limits: limits, began: time.Now()} }

// Read asks to read n more bytes.
func (b *Budget) Read(n int64) error {
	if b == nil {
		return nil
	}
	return b.spend(&b.read, n, b.limits.Read, "reading it takes more than %s", size)
}

// Memory asks to allocate n more bytes.
func (b *Budget) Memory(n int64) error {
	if b == nil {
		return nil
	}
	return b.spend(&b.memory, n, b.limits.Memory, "it needs more than %s of memory", size)
}

// Steps asks for n more steps.
func (b *Budget) Steps(n int64) error {
	if b == nil {
		return nil
	}
	return b.spend(&b.steps, n, b.limits.Steps, "it has more than %s entries", number)
}

// Err is the error of the first limit that was exceeded, nil if none was.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func (b *Budget) spend(spent *int64, n, limit int64, says string, format func(int64) string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.err != nil:
	case n < 0, limit > 0 && n > limit-*spent:
		b.err = fmt.Errorf("%w: "+says, ErrTooLarge, format(limit))
	case b.limits.Time > 0 && time.Since(b.began) > b.limits.Time:
		b.err = fmt.Errorf("%w: it took longer than %v", ErrTooLarge, b.limits.Time)
	default:
		*spent += n
	}
	return b.err
}

func size(n int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case n >= mib:
		return fmt.Sprintf("%d MiB", n/mib)
	case n >= kib:
		return fmt.Sprintf("%d KiB", n/kib)
	}
	return fmt.Sprintf("%d bytes", n)
}

func number(n int64) string { return fmt.Sprint(n) }

// ReaderAt reads from r within the Budget.
func (b *Budget) ReaderAt(r io.ReaderAt) io.ReaderAt { return readerAt{b, r} }

type readerAt struct {
	budget *Budget
	r      io.ReaderAt
}

func (r readerAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.budget.Read(int64(len(p))); err != nil {
		return 0, err
	}
	return r.r.ReadAt(p, offset)
}

// Reader reads from r within the Budget. It charges what was read, since a caller's
// buffer may be larger than the input.
func (b *Budget) Reader(r io.Reader) io.Reader { return reader{b, r} }

type reader struct {
	budget *Budget
	r      io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if over := r.budget.Read(int64(n)); over != nil {
		return 0, over
	}
	return n, err
}
