package probes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
)

// Session is the loaded programs and maps, which all targets share. Its methods are safe
// for concurrent use. Close it when done.
type Session struct {
	loaded
	custody *custody
	reader  *ringbuf.Reader
	cost    Cost

	mu       sync.Mutex
	attached map[uint32]*Attachment // by tgid

	flights  shared[map[uint32][]Flight]
	room     flightRoom // of the one call of flights that runs at a time
	drains   shared[struct{}]
	drained  chan struct{} // a flush of the ring has been read to its end
	finished chan struct{} // the reading goroutine has returned
}

// NewSession loads the programs and measures the cost of a probe hit on this machine.
// Probes are placed in the best way that works here.
func NewSession() (*Session, error) { return newSessionBy(linkages) }

// newSessionBy uses the first of some ways that works.
func newSessionBy(ways []linkage) (*Session, error) {
	if err := checkLockdown(); err != nil {
		return nil, err
	}
	if err := rlimit.RemoveMemlock(); err != nil && kernelIsOld() {
		return nil, tooOld(err)
	} else if err != nil {
		return nil, fmt.Errorf("lift the limit on locked memory: %w; grant CAP_SYS_RESOURCE, run as root, or raise it (systemd: LimitMEMLOCK=infinity)%s", err, forbids(err))
	}
	s := &Session{
		attached: map[uint32]*Attachment{},
		drained:  make(chan struct{}),
		finished: make(chan struct{}),
	}
	var err error
	s.loaded, err = loadBest(ways)
	if err != nil {
		return nil, loadError(err)
	}
	reader, err := ringbuf.NewReader(s.objects.Records)
	if err != nil {
		s.loaded.Close()
		return nil, fmt.Errorf("open BPF ring buffer: %w", err)
	}
	s.reader = reader
	if s.cost, err = calibrate(&s.loaded); err != nil {
		s.reader.Close()
		s.loaded.Close()
		return nil, fmt.Errorf("measure the cost of a probe: %w", err)
	}
	if s.custody, err = newCustody(); err != nil {
		s.reader.Close()
		s.loaded.Close()
		return nil, err
	}
	go s.read()
	return s, nil
}

// loadError is the error of loading the programs, with the cause that the surroundings show.
func loadError(err error) error {
	switch {
	case inContainerOfPIDs():
		return errors.New("otwatch is in a PID namespace of its own, and does not see the processes of the host: run it in the host's (Kubernetes: hostPID: true; Docker: --pid=host)")
	case !sysIsThere():
		return fmt.Errorf("load BPF programs: %w; /sys is not mounted: mount sysfs there (in a container, do not mount anything else over it)", err)
	case errors.Is(err, ebpf.ErrNotSupported) || kernelIsOld():
		return tooOld(err)
	}
	return fmt.Errorf("load BPF programs: %w; grant CAP_BPF and CAP_PERFMON, or run as root%s", err, forbids(err))
}

// inContainerOfPIDs reports whether otwatch is in another PID namespace than the first, whose
// inode is PROC_PID_INIT_INO. Source: include/linux/proc_ns.h.
func inContainerOfPIDs() bool {
	const first = "pid:[4026531836]"
	namespace, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && namespace != first
}

// sysIsThere reports whether sysfs is mounted.
func sysIsThere() bool {
	_, err := os.Stat("/sys/devices/system/cpu/possible")
	return err == nil
}

// tooOld is the error for a kernel that is, or behaves like, one before 5.10.
func tooOld(err error) error {
	return fmt.Errorf("otwatch needs Linux 5.10 or later, and this is Linux %s: load BPF programs: %w", KernelRelease(), err)
}

// forbids names other causes of a refusal.
func forbids(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "; if otwatch has all that, a seccomp profile, such as a container's, or a security module forbids it bpf(2)"
	}
	return ""
}

// Cost is the cost of a probe hit, as measured on this machine.
func (s *Session) Cost() Cost { return s.cost }

// Close removes every probe and releases the programs and maps.
func (s *Session) Close() error {
	s.mu.Lock()
	attached := make([]*Attachment, 0, len(s.attached))
	for _, a := range s.attached {
		attached = append(attached, a)
	}
	s.mu.Unlock()
	var errs []error
	for _, a := range attached {
		errs = append(errs, a.Close())
	}
	errs = append(errs, s.reader.Close())
	<-s.finished
	return errors.Join(append(errs, s.custody.Close(), s.loaded.Close())...)
}

// Drain returns when every record that was written before the call has been passed to its
// Attachment.
func (s *Session) Drain() error {
	_, err := s.drains.do(s.flush)
	return err
}

func (s *Session) flush() (struct{}, error) {
	if err := s.reader.Flush(); err != nil {
		return struct{}{}, fmt.Errorf("flush BPF ring buffer: %w", err)
	}
	select {
	case <-s.drained:
	case <-s.finished:
	}
	return struct{}{}, nil
}

// read dispatches records until the reader is closed. A record does not wake it, since a
// wakeup costs the target fifty times as much as the record. It wakes for Drain, and when
// a group has spent its allowance.
func (s *Session) read() {
	defer close(s.finished)
	var record ringbuf.Record
	for {
		err := s.reader.ReadInto(&record)
		switch {
		case errors.Is(err, ringbuf.ErrFlushed):
			s.drained <- struct{}{}
		case errors.Is(err, os.ErrClosed):
			return
		case err == nil:
			s.dispatch(record.RawSample)
		}
	}
}

// dispatch passes a record to the Attachment of its process. Records of a process that
// has been detached meanwhile are dropped.
func (s *Session) dispatch(raw []byte) {
	if len(raw) < 8 {
		return
	}
	s.mu.Lock()
	a := s.attached[binary.NativeEndian.Uint32(raw[4:])]
	s.mu.Unlock()
	if a != nil {
		a.receive(raw)
	}
}
