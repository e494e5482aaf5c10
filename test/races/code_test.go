package races

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
)

// trapLength is the length of a breakpoint, by architecture.
var trapLength = map[string]int{"amd64": 1, "arm64": 4}[runtime.GOARCH]

// build is one build of the program, and what is known of its code.
type build struct {
	inode   uint64
	content []byte
	places  map[uint64]bool // file offsets where a probe may stand
}

// probePlaces finds where otwatch puts probes in a build, from a process that runs it.
func probePlaces(t *testing.T, path string) map[uint64]bool {
	t.Helper()
	session, err := probes.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	r := start(t, path)
	defer r.stop()
	process := open(t, r.pid())
	defer process.Close()
	attachment, err := session.Attach(process)
	if err != nil {
		t.Fatal(err)
	}
	defer attachment.Close()
	places := map[uint64]bool{}
	for _, address := range attachment.Addresses() {
		offset, err := process.Binary.FileOffset(address - process.Bias)
		if err != nil {
			t.Fatal(err)
		}
		places[offset] = true
	}
	if len(places) < 10 {
		t.Fatalf("%d places of probes in %s", len(places), path)
	}
	return places
}

// open examines a process once its runtime has begun.
func open(t *testing.T, pid int) *target.Process {
	t.Helper()
	var process *target.Process
	await(t, "the program's runtime", func() (err error) {
		process, err = target.Open(pid)
		return err
	})
	return process
}

// foreign compares the code of a process with its executable. It returns where they
// differ though no probe may stand there, and how many probes do stand. A process that
// ends or becomes another meanwhile is passed over.
func foreign(pid int, builds map[uint64]*build, allowProbes bool) (differences []string, standing int) {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, 0
	}
	defer memory.Close()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		m, ok := parseMapping(lines.Text())
		if !ok || builds[m.inode] == nil {
			continue
		}
		b := builds[m.inode]
		loaded := make([]byte, min(m.end-m.start, uint64(len(b.content))-m.offset))
		if n, err := memory.ReadAt(loaded, int64(m.start)); err != nil || n != len(loaded) {
			return nil, 0
		}
		found, probes := b.compare(loaded, m.offset, allowProbes)
		differences, standing = append(differences, found...), standing+probes
	}
	return differences, standing
}

// mapping is one of a process's, of a file and executable.
type mapping struct{ start, end, offset, inode uint64 }

// parseMapping reads a line of /proc/PID/maps.
//
//	00400000-0132f000 r-xp 00001000 fe:00 1315437   /tmp/races/a
func parseMapping(line string) (m mapping, ok bool) {
	var permissions, device string
	_, err := fmt.Sscanf(line, "%x-%x %s %x %s %d", &m.start, &m.end, &permissions, &m.offset, &device, &m.inode)
	return m, err == nil && strings.Contains(permissions, "x") && m.inode != 0
}

// compare compares what is loaded of the file from an offset on.
func (b *build) compare(loaded []byte, offset uint64, allowProbes bool) (differences []string, standing int) {
	file := b.content[offset:][:len(loaded)]
	for i := 0; i < len(loaded); i++ {
		if loaded[i] == file[i] {
			continue
		}
		at := offset + uint64(i)
		if !allowProbes || !b.places[at] {
			differences = append(differences, fmt.Sprintf("%#x is %#x in memory, %#x in the file", at, loaded[i], file[i]))
			continue
		}
		standing++
		i += trapLength - 1
	}
	return differences, standing
}
