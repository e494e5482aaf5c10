package memory

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// image is a processor's memory as far as all versions agree: a queue of 3 of
// 2,048 spans, batches of up to 512, 7 spans dropped.
func image() Image {
	i := Image{Address: 0xc000010000, QueueLen: 3, QueueCap: 2048}
	i.Words[exporterType], i.Words[exporterData] = 0x5000, 0xc000020000
	i.Words[maxQueueSize], i.Words[maxExportBatchSize] = 2048, 512
	i.Words[batchTimeout], i.Words[exportTimeout] = uint64(5*time.Second), uint64(30*time.Second)
	i.Words[queue], i.Words[dropped] = 0xc000030000, 7
	return i
}

// batched puts a batch of 11 spans where a version of the SDK has it; at is the
// slice's offset in bytes.
func batched(at int) Image {
	i := image()
	batch := [3]uint64{0xc000040000, 11, 512}
	if at == LateOffset {
		i.Late = batch
	} else {
		copy(i.Words[at/8:], batch[:])
	}
	return i
}

func TestReadingFindsTheBatch(t *testing.T) {
	tests := []struct {
		name  string
		image Image
	}{
		{"v1.39 and later", batched(80)},
		{"v1.38", batched(168)},
		{"before v1.38", batched(72)},
		{"before v1.38, with what follows the batch", func() Image {
			i := batched(72)
			i.Words[12] = 1 // batchMutex, locked
			return i
		}()},
		{"v1.38, with an object of its own at 80", func() Image {
			i := batched(168)
			copy(i.Words[9:], []uint64{0, 0xc000050000, 0, 0xc000060000})
			return i
		}()},
		{"what a drop counter shares its word with", func() Image {
			i := batched(80)
			i.Words[dropped] |= 0xdeadbeef << 32
			return i
		}()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.image.Reading()
			if err != nil {
				t.Fatal(err)
			}
			if want := (snapshot.Reading{Queue: 3, Batch: 11, Dropped: 7}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestReadingRefusesGarbage(t *testing.T) {
	change := func(change func(*Image)) Image {
		i := batched(80)
		change(&i)
		return i
	}
	ones := Image{QueueLen: ^uint64(0), QueueCap: ^uint64(0)}
	for i := range ones.Words {
		ones.Words[i] = ^uint64(0)
	}
	tests := []struct {
		name  string
		image Image
	}{
		{"zeros", Image{}},
		{"ones, with a shorter queue", func() Image { i := ones; i.QueueCap = 5; return i }()},
		{"no batch", image()},
		{"a queue of another capacity", change(func(i *Image) { i.QueueCap = 2047 })},
		{"more in the queue than fits", change(func(i *Image) { i.QueueLen = 2049 })},
		{"a batch of another capacity", change(func(i *Image) { i.Words[12] = 1024 })},
		{"more in the batch than fits", change(func(i *Image) { i.Words[11] = 513 })},
		{"a batch without an array", change(func(i *Image) { i.Words[10] = 0 })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := test.image.Reading(); !errors.Is(err, ErrNotProcessor) {
				t.Errorf("got %+v and error %v, want ErrNotProcessor", got, err)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	want := snapshot.Settings{MaxQueueSize: 2048, MaxExportBatchSize: 512, BatchTimeout: 5 * time.Second, ExportTimeout: 30 * time.Second}
	for _, test := range []struct {
		name     string
		word     uint64
		blocking bool
	}{
		{"does not block", 0, false},
		{"blocks", 1, true},
		{"only the first byte is the setting", 0xdeadbeef00, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := image()
			i.Words[blockOnQueueFull] = test.word
			want.Blocking = test.blocking
			if diff := cmp.Diff(want, i.Settings()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzReading takes any bytes for a processor's memory: what is not refused is
// within the processor's own settings.
func FuzzReading(f *testing.F) {
	for _, i := range []Image{image(), batched(80), batched(168), batched(72)} {
		seed, err := binary.Append(nil, binary.LittleEndian, i)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, memory []byte) {
		defer fuzzlimit.Watch(t)()
		var i Image
		if _, err := binary.Decode(memory, binary.LittleEndian, &i); err != nil {
			return
		}
		reading, err := i.Reading()
		settings := i.Settings()
		switch {
		case err != nil && !errors.Is(err, ErrNotProcessor):
			t.Errorf("error %v, want ErrNotProcessor", err)
		case err != nil && reading != snapshot.Reading{}:
			t.Errorf("refused, and yet %+v", reading)
		case err == nil && (reading.Queue > settings.MaxQueueSize || reading.Batch > settings.MaxExportBatchSize || reading.Slack != 0):
			t.Errorf("%+v with settings %+v", reading, settings)
		}
	})
}
