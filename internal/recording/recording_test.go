package recording

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

var header = Header{Version: "v1.2.3", CPUs: 2}

// snapshots are n of one target, with one stack in all of them and one of
// their own.
func snapshots(n int) []snapshot.Snapshot {
	begin := time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)
	var all []snapshot.Snapshot
	for i := range n {
		all = append(all, snapshot.Snapshot{
			Target: snapshot.Target{PID: 4711, StartTicks: 99, Exe: "/bin/checkout"},
			Start:  begin.Add(time.Duration(i) * time.Second), Elapsed: time.Second,
			Exports: []snapshot.Exporter{{Address: 1<<64 - 1, Operations: uint64(i)}},
			Samples: snapshot.Samples{Hz: 199.5, Stacks: []snapshot.Stack{
				snapshot.NewStack(uint64(i), &snapshot.Frame{Function: "main.main", File: "main.go", Line: 7}),
				snapshot.NewStack(1, &snapshot.Frame{Function: "main.f", Line: i + 1}, &snapshot.Frame{}),
				snapshot.NewStack(1, []*snapshot.Frame{}...),
			}},
		})
	}
	return all
}

// write writes all and returns the file and the length at which each ended.
func write(t *testing.T, limit int, all []snapshot.Snapshot) (file []byte, ends []int) {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, header, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := w.Write(s, report.Limits{}); err != nil && !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		ends = append(ends, b.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), ends
}

// read returns what can be read, and the error that ended it: nil if all could.
func read(file []byte) (all []snapshot.Snapshot, end End, err error) {
	r, err := NewReader(bytes.NewReader(file), nil)
	if err != nil {
		return nil, End{}, err
	}
	for {
		s, err := r.Next()
		if err == io.EOF {
			return all, r.End, nil
		}
		if err != nil {
			return all, End{}, err
		}
		all = append(all, s)
	}
}

func TestRoundTrip(t *testing.T) {
	want := snapshots(5)
	file, _ := write(t, Limit, want)
	got, end, err := read(file)
	if err != nil || end.Skipped != 0 {
		t.Fatal(err, end)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read differs from written (-want +got):\n%s", diff)
	}
}

// TestCutOff cuts a recording at every length: the whole frames are read.
func TestCutOff(t *testing.T) {
	file, ends := write(t, Limit, snapshots(4))
	for length := range file {
		whole := 0
		for _, end := range ends {
			if end <= length {
				whole++
			}
		}
		got, _, err := read(file[:length])
		want := ErrTruncated
		if length < len(magic) {
			want = ErrNotRecording
		}
		if len(got) != whole || !errors.Is(err, want) {
			t.Fatalf("cut off at %d: %d snapshots, %v; want %d, %v", length, len(got), err, whole, want)
		}
	}
}

// TestDamaged flips each byte: it is noticed, and what came before is read.
func TestDamaged(t *testing.T) {
	file, ends := write(t, Limit, snapshots(3))
	for i := range file {
		damaged := bytes.Clone(file)
		damaged[i] ^= 0x40
		got, _, err := read(damaged)
		if err == nil {
			t.Fatalf("byte %d is damaged and nobody noticed", i)
		}
		whole := 0
		for _, end := range ends {
			if end <= i {
				whole++
			}
		}
		if len(got) != whole {
			t.Fatalf("byte %d is damaged: %d snapshots, want %d", i, len(got), whole)
		}
	}
}

func TestErrors(t *testing.T) {
	file, _ := write(t, Limit, snapshots(1))
	newer := bytes.Clone(file)
	newer[len(magic)] = 9
	long := append(bytes.Clone(file[:prefixLength]), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)
	tests := []struct {
		name string
		file []byte
		is   error
		says string
	}{
		{"empty", nil, ErrNotRecording, "--record"},
		{"something else", []byte("\x7fELF and much more"), ErrNotRecording, "--record"},
		{"newer", newer, ErrVersion, "version 9, this otwatch reads version 1"},
		{"absurd length", long, ErrCorrupt, "at byte 10: a frame of 4294967295 bytes"},
		{"no end mark", file[:len(file)-1], ErrTruncated, "without an end mark"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := read(test.file); !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v; want %v that says %q", err, test.is, test.says)
			}
		})
	}
}

func TestFull(t *testing.T) {
	const limit = 2000
	all := snapshots(40)
	file, _ := write(t, limit, all)
	got, end, err := read(file)
	if err != nil || len(file) > limit {
		t.Fatalf("%v, %d bytes of %d", err, len(file), limit)
	}
	if len(got) == 0 || len(got)+int(end.Skipped) != len(all) {
		t.Errorf("%d read and %d skipped, want %d in all", len(got), end.Skipped, len(all))
	}
}

// failing accepts so many writes.
type failing struct{ writes int }

var errDisk = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	w, err := NewWriter(&failing{writes: 3}, header, Limit)
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, s := range snapshots(4) {
		errs = append(errs, w.Write(s, report.Limits{}))
	}
	if errs[0] != nil || !errors.Is(errs[1], errDisk) || errs[2] != nil {
		t.Errorf("%v, want the second to fail and no more", errs)
	}
	if err := w.Close(); !errors.Is(err, errDisk) {
		t.Errorf("close: %v, want %v", err, errDisk)
	}
}

// TestInterned writes the frames of a stack once.
func TestInterned(t *testing.T) {
	deep := make([]*snapshot.Frame, 200)
	for i := range deep {
		deep[i] = &snapshot.Frame{Function: strings.Repeat("x", i), Line: i * i}
	}
	s := snapshot.Snapshot{Samples: snapshot.Samples{Stacks: []snapshot.Stack{snapshot.NewStack(1, deep...)}}}
	_, ends := write(t, Limit, []snapshot.Snapshot{s, s})
	if second := ends[1] - ends[0]; second*2 > ends[0] {
		t.Errorf("the first takes %d bytes, the second %d", ends[0], second)
	}
}

// FuzzReader reads anything without a panic; frames whose checksum is right
// reach the decoder.
func FuzzReader(f *testing.F) {
	var b bytes.Buffer
	w, err := NewWriter(&b, header, Limit)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range snapshots(2) {
		_ = w.Write(s, report.Limits{})
	}
	_ = w.Close()
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Fuzz(func(t *testing.T, file []byte) {
		defer fuzzlimit.Watch(t)()
		if all, _, err := read(file); err == nil && len(all) > len(file) {
			t.Errorf("%d snapshots in %d bytes", len(all), len(file))
		}
	})
}

// TestLimitsOfTargets keeps those that a target is judged by, beside those of all.
func TestLimitsOfTargets(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, header, Limit)
	if err != nil {
		t.Fatal(err)
	}
	own := report.Limits{Drops: 0.5, Ignored: []string{"hot-path"}}
	want := []report.Limits{header.Limits, own, header.Limits}
	for i, limits := range want {
		if err := w.Write(snapshot.Snapshot{Target: snapshot.Target{PID: i}}, limits); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, limits := range want {
		if _, err := r.Next(); err != nil || !r.Limits.Equal(limits) {
			t.Errorf("snapshot %d: %v, limits %+v, want %+v", i, err, r.Limits, limits)
		}
	}
}
