package host

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/sampler"
	"github.com/otwatch/otwatch/internal/target"
)

// Check is the result of trying one thing that otwatch needs.
type Check struct {
	Name     string
	Detail   string // what was found
	Err      error  // nil if it works
	Fix      string // what to do if it does not
	Required bool   // nothing works without it
}

// check is a row of the table of checks.
type check struct {
	name     string
	fix      string
	required bool
	try      func() (detail string, err error)
}

var checks = []check{
	{"capabilities", "root, or these capabilities granted to otwatch", true, tryCapabilities},
	{"BPF programs and probes", "kernel 5.10 or later with CONFIG_BPF_SYSCALL and CONFIG_UPROBE_EVENTS, no lockdown=confidentiality, and no seccomp profile or security module that forbids bpf(2)", true, tryProbes},
	{"CPU sampling", "kernel.perf_event_paranoid at 2 or less, or CAP_SYS_ADMIN, and a kernel that sees complete stacks; without it the CPU figures are missing", false, trySampling},
	{"cost of a probe hit", "no action: the cost charged to a process includes a margin; try again on an idle machine", false, tryCharge},
	{"memory of other processes", "CAP_SYS_PTRACE, or kernel.yama.ptrace_scope below 3; without it no probes are placed, and only CPU shares are reported", false, tryMemory},
	{"all processes in /proc", "/proc mounted without hidepid, or root", false, tryProc},
}

// Examine tries everything that otwatch needs.
func Examine() []Check {
	results := make([]Check, 0, len(checks))
	for _, c := range checks {
		detail, err := c.try()
		results = append(results, Check{Name: c.name, Detail: detail, Err: err, Fix: c.fix, Required: c.required})
	}
	return results
}

func tryCapabilities() (string, error) {
	missing, err := MissingCapabilities()
	if err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("missing %s", strings.Join(missing, ", "))
	}
	return "all present", nil
}

// tryProbes loads the programs and probes a function of otwatch itself, as every start
// does to measure the cost of a hit.
func tryProbes() (string, error) {
	session, err := probes.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	cost, charged := session.Cost(), session.Cost().Charged()
	way, why := session.Linkage()
	if why != "" {
		way += " (" + why + ")"
	}
	return fmt.Sprintf("%s; cost of a hit: measured %v (%v if single-stepped), charged %v (%v)",
		way, cost.Emulated, cost.Stepped, charged.Emulated, charged.Stepped), nil
}

// trySampling samples every CPU for a moment.
func trySampling() (string, error) {
	s, err := sampler.New(sampler.Hz(0.01))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("works, %d Hz by default", sampler.Hz(0.01)), s.Close()
}

const (
	exerciseTime = 500 * time.Millisecond
	// disagreement is the ratio from which on two measurements of a cost disagree.
	disagreement = 2
)

// tryCharge measures the cost of a hit again, by the CPU samples that fall into hits, and
// compares it with the calibration.
func tryCharge() (string, error) {
	session, err := probes.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	s, err := sampler.New(sampler.MaxHz)
	if err != nil {
		return "", err
	}
	defer s.Close()
	sampled, n, err := sampleHits(session, s)
	if err != nil {
		return "", err
	}
	calibrated := session.Cost().Emulated
	detail := fmt.Sprintf("%v by calibration, %v by %d CPU samples in hits", calibrated, sampled, n)
	if ratio := float64(sampled) / float64(calibrated); ratio > disagreement || ratio < 1./disagreement {
		return "", errors.New(detail)
	}
	return detail, nil
}

// sampleHits returns the cost of a hit by the samples within hits of a probe on otwatch
// itself, and the number of samples.
func sampleHits(session *probes.Session, s *sampler.Sampler) (cost time.Duration, samples uint64, err error) {
	self, err := target.Self()
	if err != nil {
		return 0, 0, err
	}
	defer self.Close()
	var watch *sampler.Watch
	hits, err := session.Exercise(exerciseTime, func(address uint64) (err error) {
		if watch, err = s.Watch(self, []uint64{address + self.Bias}); err != nil {
			return err
		}
		return watch.Gate(true)
	})
	if watch != nil {
		defer watch.Close()
	}
	if err != nil {
		return 0, 0, err
	}
	taken, err := watch.Take()
	if err != nil {
		return 0, 0, err
	}
	within := float64(taken.Trapped) / taken.Hz * float64(time.Second)
	return time.Duration(within / float64(max(hits, 1))), taken.Trapped, nil
}

// tryMemory reads the memory of another process. A process that forbids it, as a sandbox
// does, proves nothing.
func tryMemory() (string, error) {
	processes, err := procfs.AllProcs()
	if err != nil {
		return "", err
	}
	var last error
	for _, p := range processes {
		maps, err := p.ProcMaps()
		if p.PID == os.Getpid() || err == nil && len(maps) == 0 { // a kernel thread has none
			continue
		}
		if err == nil {
			err = memory.Reader{PID: p.PID}.Read(uint64(maps[0].StartAddr), make([]byte, 1))
		}
		if err == nil {
			return "readable", nil
		}
		last = err
	}
	return "", last
}

// tryProc counts the processes that are visible: with hidepid only otwatch's own.
func tryProc() (string, error) {
	processes, err := procfs.AllProcs()
	if err != nil {
		return "", err
	}
	for _, p := range processes {
		if status, err := p.NewStatus(); err == nil && status.UIDs[0] != uint64(os.Getuid()) || p.PID == 1 {
			return fmt.Sprintf("%d visible", len(processes)), nil
		}
	}
	return "", errors.New("only processes of otwatch's own user are visible")
}
