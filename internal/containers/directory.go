package containers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience is how long a runtime may take to answer.
	patience = 2 * time.Second
	// leastPause is the least time between two lists: whoever looks up a container that may be
	// newer than the last one waits so long.
	leastPause = time.Second
	// penance is how long a runtime that did not answer is not asked again.
	penance = time.Minute
)

// errAbsent is the error of a source that is no container runtime of Kubernetes.
var errAbsent = errors.New("it does not serve the Container Runtime Interface")

// source is where names of containers come from.
type source interface {
	fmt.Stringer
	// list returns the names of the containers that run, by id.
	list(ctx context.Context) (map[string]Names, error)
}

// usual are the sources of a machine, the best first. Sockets are where the runtimes'
// packages have them; crictl looks in the same places.
var usual = []source{
	kubernetesRuntime{"/run/containerd/containerd.sock"},
	kubernetesRuntime{"/run/k3s/containerd/containerd.sock"},
	kubernetesRuntime{"/run/crio/crio.sock"},
	engine{"/run/docker.sock"},
	engine{"/run/podman/podman.sock"},
	logFiles{"/var/log/containers"},
}

// Directory names the containers of this machine. It asks its sources when a container is
// looked up that it does not know.
type Directory struct {
	sources  []source
	required source // the one that the user asked for; nil if none
	pods     logDirectories
	log      *slog.Logger
	pause    time.Duration

	mu      sync.Mutex
	answers map[string]map[string]Names // the last of each source
	named   map[string]Names            // of all sources
	listed  time.Duration               // when they were last asked, since boot
	blocked map[string]time.Time        // sources that failed, and when they may be asked again
}

// New returns a Directory of the runtime on a socket, such as
// unix:///run/containerd/containerd.sock, or of those in the usual places if it is empty.
func New(runtime string, log *slog.Logger) (*Directory, error) {
	d := &Directory{sources: usual, pods: logDirectories{"/var/log/pods"}, log: log, pause: leastPause, answers: map[string]map[string]Names{}, blocked: map[string]time.Time{}}
	if runtime == "" {
		return d, nil
	}
	socket := strings.TrimPrefix(runtime, "unix://")
	if !strings.HasPrefix(socket, "/") {
		return nil, fmt.Errorf("%q: must be the path of a socket, such as unix:///run/containerd/containerd.sock", runtime)
	}
	d.required = kubernetesRuntime{socket}
	d.sources = []source{d.required, logFiles{"/var/log/containers"}}
	return d, nil
}

// Lookup names a container by its id, which has 64 hexadecimal digits, and by the uid of its
// pod, which is empty outside of Kubernetes. A process in it started at a time since boot: a
// container that is older than the last list is on it, or has no name. Lookup may wait for
// container runtimes. A nil Directory knows no container.
func (d *Directory) Lookup(ctx context.Context, id, podUID string, started time.Duration) (Names, bool) {
	if d == nil || id == "" {
		return Names{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	names, found := d.named[id]
	if !found && (d.listed == 0 || started >= d.listed) {
		pause := d.listed + d.pause - sinceBoot()
		if d.listed == 0 {
			pause = 0 // there was no list yet, however long the machine has run
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return Names{}, false
		}
		d.list(ctx)
		names, found = d.named[id]
	}
	if !found && podUID != "" {
		names, found = d.pods.pod(podUID)
		names = names.clean()
	}
	return names, found
}

// list asks all sources, at the same time. A container's names come from the first that
// has it. Of a source that does not answer, the last answer counts.
func (d *Directory) list(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d.listed = sinceBoot()
	answers := make([]map[string]Names, len(d.sources))
	errs := make([]error, len(d.sources))
	var asking sync.WaitGroup
	for i, s := range d.sources {
		if time.Now().After(d.blocked[s.String()]) {
			asking.Go(func() { answers[i], errs[i] = s.list(ctx) })
		}
	}
	asking.Wait()
	d.named = map[string]Names{}
	for i, s := range slices.Backward(d.sources) {
		d.note(s, errs[i])
		if answers[i] != nil {
			d.answers[s.String()] = answers[i]
		}
		for id, names := range d.answers[s.String()] {
			d.named[id] = names.clean()
		}
	}
}

// note logs, once, that a source failed. It is silent on those of the usual ones that this
// machine does not have, or that this user may not ask.
func (d *Directory) note(s source, err error) {
	unavailable := errors.Is(err, errAbsent) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	if err == nil || errors.Is(err, context.Canceled) || unavailable && s != d.required {
		return
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %v", patience)
	}
	if _, again := d.blocked[s.String()]; !again {
		d.log.Warn("a container runtime does not name its containers", "source", s, "err", err)
	}
	d.blocked[s.String()] = time.Now().Add(penance)
}

// sinceBoot is the time since boot, which start times of processes are on, in units of ticks.
func sinceBoot() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // every kernel has it
	return time.Duration(now.Nano())
}

// checkSocket returns an error if a path is no socket to which this user may connect.
func checkSocket(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is not a socket", path)
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}
