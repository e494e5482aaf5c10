package memory

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestReadsAVariable(t *testing.T) {
	var got [3]uint64
	if err := (Reader{PID: os.Getpid()}).words(uint64(uintptr(unsafe.Pointer(&known))), got[:]); err != nil {
		t.Fatal(err)
	}
	if got != known {
		t.Errorf("got %#x, want %#x", got, known)
	}
}

// TestReadErrors says where reading failed. Of two pages the second is not
// mapped.
func TestReadErrors(t *testing.T) {
	page := os.Getpagesize()
	pages, err := unix.MmapPtr(-1, 0, nil, uintptr(2*page), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.MunmapPtr(pages, uintptr(2*page)) })
	// To protect it is as good as to unmap it, and nothing else comes to lie there.
	if err := unix.Mprotect(unsafe.Slice((*byte)(pages), 2*page)[page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	begin := uint64(uintptr(pages))
	tests := []struct {
		name    string
		address uint64
		want    bool // an error that names the address
	}{
		{"a whole page", begin, false},
		{"the last bytes of a page", begin + uint64(page) - 16, false},
		{"across its end", begin + uint64(page) - 8, true},
		{"an unmapped page", begin + uint64(page), true},
		{"address 0", 0, true},
		{"no user address", 1<<63 + 8, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Reader{PID: os.Getpid()}.Read(test.address, make([]byte, 16))
			if (err != nil) != test.want {
				t.Fatalf("error %v, want one: %v", err, test.want)
			}
			if address := fmt.Sprintf("%#x", test.address); err != nil && !strings.Contains(err.Error(), address) {
				t.Errorf("%q does not name %s", err, address)
			}
		})
	}
}

// TestReadOfADeadProcess tries it before and after the process was waited for:
// first its pid still stands for it, then for nothing.
func TestReadOfADeadProcess(t *testing.T) {
	child := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	read := func() error { return Reader{PID: pid}.Read(0x1000, make([]byte, 8)) }
	if err := read(); !errors.Is(err, ErrEnded) {
		t.Errorf("of a zombie: %v, want ErrEnded", err)
	}
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := read(); !errors.Is(err, ErrEnded) {
		t.Errorf("of a process that is gone: %v, want ErrEnded", err)
	}
}
