package untrusted

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	tests := []struct {
		name  string
		spend func(*Budget) error
		says  string // "": allowed
	}{
		{"all that is allowed", func(b *Budget) error { return errors.Join(b.Read(100), b.Memory(2<<20), b.Steps(3)) }, ""},
		{"a byte more", func(b *Budget) error { return errors.Join(b.Read(100), b.Read(1)) }, "reading it takes more than 100 bytes"},
		{"memory", func(b *Budget) error { return b.Memory(2<<20 + 1) }, "it needs more than 2 MiB of memory"},
		{"steps", func(b *Budget) error { return errors.Join(b.Steps(2), b.Steps(2)) }, "it has more than 3 entries"},
		{"a size that is negative", func(b *Budget) error { return b.Memory(-1) }, "it needs more than 2 MiB of memory"},
		{"a sum that would overflow", func(b *Budget) error { return errors.Join(b.Read(50), b.Read(1<<63-1)) }, "100 bytes"},
		{"after another limit", func(b *Budget) error { _ = b.Steps(4); return b.Read(1) }, "3 entries"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.spend(NewBudget(Limits{Read: 100, Memory: 2 << 20, Steps: 3, Time: time.Minute}))
			if test.says == "" && err != nil || test.says != "" && (!errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestBudgetOfTime(t *testing.T) {
	b := NewBudget(Limits{Time: time.Nanosecond})
	time.Sleep(time.Millisecond)
	if err := b.Read(1); !errors.Is(err, ErrTooLarge) || !errors.Is(b.Err(), ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestNoBudget(t *testing.T) {
	var b *Budget
	if err := errors.Join(b.Read(1<<62), b.Memory(1<<62), b.Steps(1<<62), b.Err()); err != nil {
		t.Error(err)
	}
}

func TestReaders(t *testing.T) {
	input := strings.Repeat("x", 1000)
	if _, err := io.ReadAll(NewBudget(Limits{Read: 1000}).Reader(strings.NewReader(input))); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(NewBudget(Limits{Read: 999}).Reader(strings.NewReader(input))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	r := NewBudget(Limits{Read: 10}).ReaderAt(bytes.NewReader([]byte(input)))
	if _, err := r.ReadAt(make([]byte, 10), 500); err != nil {
		t.Error(err)
	}
	if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}
