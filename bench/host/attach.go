package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/bench/internal/subject"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/target"
)

// attaching is package probes on a big executable that nothing is known of.
var attaching = row{
	name: "attach to a stripped executable of 100 MB and more",
	figures: []figure{
		{"to the last probe", "ms", 100},
		{"more resident memory at most", "MB", 30},
		{"read, of the file", "%", 25},
		{"what is left of 100 MB to the executable's size", "MB", 0},
	},
	measure: measureAttaching,
}

// big is the executable, built at the first run.
var big string

func measureAttaching(ctx context.Context, b *subject.Bench, _ config) (_ []float64, err error) {
	if big == "" {
		if big, err = buildBig(b.Dir()); err != nil {
			return nil, err
		}
	}
	size, err := os.Stat(big)
	if err != nil {
		return nil, err
	}
	crowd, err := subject.Gather(ctx, 1, big)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, crowd.Disperse()) }()
	time.Sleep(time.Second)
	session, err := probes.NewSession()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	u, err := attachOnce(session, crowd.PID(0))
	if err != nil {
		return nil, err
	}
	lacks := max(0, float64(bigLeast-size.Size())/1e6)
	return []float64{u.took.Seconds() * 1000, float64(u.memory) / 1e6, 100 * float64(u.read) / float64(size.Size()), lacks}, nil
}

// attachUse is what one attachment took.
type attachUse struct {
	took   time.Duration
	memory int64  // bytes that were resident more than before, at the peak
	read   uint64 // bytes
}

func attachOnce(session *probes.Session, pid int) (u attachUse, err error) {
	self, err := procfs.Self()
	if err != nil {
		return u, err
	}
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak begins anew
		return u, fmt.Errorf("reset the peak of resident memory: %w", err)
	}
	before, beforeIO, err := resources(self)
	if err != nil {
		return u, err
	}
	began := time.Now()
	executables := target.Executables{Symbols: probes.Lookups()}
	defer executables.Close()
	process, err := executables.Open(pid)
	if err != nil {
		return u, err
	}
	defer process.Close()
	attachment, err := session.Attach(process)
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, attachment.Close()) }()
	for _, group := range probes.Groups {
		if err := attachment.Open(group); err != nil {
			return u, err
		}
	}
	u.took = time.Since(began)
	after, afterIO, err := resources(self)
	u.memory = int64(after.VmHWM) - int64(before.VmRSS)
	u.read = afterIO.RChar - beforeIO.RChar
	return u, err
}

func resources(self procfs.Proc) (procfs.ProcStatus, procfs.ProcIO, error) {
	status, err := self.NewStatus()
	if err != nil {
		return status, procfs.ProcIO{}, err
	}
	io, err := self.IO()
	return status, io, err
}
