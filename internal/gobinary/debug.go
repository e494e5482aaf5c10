package gobinary

import (
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/otwatch/otwatch/internal/debuginfo"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// ErrNoDebug means that an executable has no debug information.
var ErrNoDebug = errors.New("the executable has no debug information")

// Structs reads the layouts of structs from the executable's debug information. Names are
// as Go's linker writes them, such as "go.opentelemetry.io/otel/sdk/trace.snapshot";
// those that are not found are absent. It reads everything up to the last struct, which
// is about a second for a large program: use it only if there is no other source. The
// error may be ErrNoDebug, or one of Kind ErrTooLarge.
func (b *Binary) Structs(names ...string) (map[string]debuginfo.Struct, error) {
	b.debugged.mu.Lock()
	defer b.debugged.mu.Unlock()
	if b.debugged.names != nil && slices.Equal(b.debugged.names, names) {
		return b.debugged.structs, b.debugged.err
	}
	budget := untrusted.NewBudget(debugInformation)
	found, err := structs(budget.ReaderAt(b.image.r), budget, names)
	if over := budget.Err(); over != nil {
		err = over
	}
	if readFailed(err) {
		return nil, err // it may succeed next time
	}
	if errors.Is(err, ErrTooLarge) {
		err = fmt.Errorf("its debug information is %w", err)
	}
	b.debugged.names, b.debugged.structs, b.debugged.err = names, found, err
	return found, err
}

// debugged caches the last call of Structs: all processes of an executable ask for the
// same.
type debugged struct {
	mu      sync.Mutex
	names   []string
	structs map[string]debuginfo.Struct
	err     error
}

func structs(r io.ReaderAt, budget *untrusted.Budget, names []string) (map[string]debuginfo.Struct, error) {
	file, err := readHeaders(r, budget)
	if err != nil {
		return nil, err
	}
	info, size, err := openDebug(r, file, "info")
	if err != nil {
		return nil, err
	}
	if size > maxDebug {
		return nil, fmt.Errorf("%w: it has more than %d MiB", ErrTooLarge, maxDebug>>20)
	}
	abbreviations, size, err := openDebug(r, file, "abbrev")
	if err != nil {
		return nil, err
	}
	if size > maxAbbreviations {
		return nil, tooMany(maxAbbreviations, "bytes of abbreviations")
	}
	if err := budget.Memory(int64(size)); err != nil {
		return nil, err
	}
	table := make([]byte, size)
	if _, err := io.ReadFull(abbreviations, table); err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	found, err := debuginfo.Structs(info, table, budget, names...)
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	return found, nil
}

// openDebug returns a reader of a section of debug information, and the section's size,
// both decompressed.
func openDebug(r io.ReaderAt, file *headers, name string) (io.Reader, uint64, error) {
	if s, ok := file.find(".debug_" + name); ok {
		content := part(r, s.Offset, s.Size)
		if s.Flags&elf.SHF_COMPRESSED == 0 {
			return content, s.Size, nil
		}
		return openCompressed(content)
	}
	if s, ok := file.find(".zdebug_" + name); ok {
		return openOldCompressed(part(r, s.Offset, s.Size))
	}
	return nil, 0, ErrNoDebug
}

// openCompressed opens a section that begins with an elf.Chdr64.
func openCompressed(content io.Reader) (io.Reader, uint64, error) {
	var header elf.Chdr64
	if err := binary.Read(content, binary.LittleEndian, &header); err != nil {
		return nil, 0, fmt.Errorf("debug information: %w", err)
	}
	if kind := elf.CompressionType(header.Type); kind != elf.COMPRESS_ZLIB {
		return nil, 0, fmt.Errorf("debug information is compressed with an unknown method: %v", kind)
	}
	return inflate(content, header.Size)
}

// openOldCompressed opens a section that begins with "ZLIB" and its size, big-endian.
func openOldCompressed(content io.Reader) (io.Reader, uint64, error) {
	var header struct {
		Magic [4]byte
		Size  uint64
	}
	if err := binary.Read(content, binary.BigEndian, &header); err != nil || string(header.Magic[:]) != "ZLIB" {
		return nil, 0, errors.New("debug information is compressed with an unknown method")
	}
	return inflate(content, header.Size)
}

// inflate decompresses up to size bytes.
func inflate(content io.Reader, size uint64) (io.Reader, uint64, error) {
	inflated, err := zlib.NewReader(content)
	if err != nil {
		return nil, 0, fmt.Errorf("debug information: %w", err)
	}
	return io.LimitReader(inflated, int64(min(size, 1<<62))), size, nil
}
