package findings

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

const (
	// foreignFrom is the share of the process's CPU samples at breakpoints of others from which
	// they cost too much, foreignCritical that of a critical finding.
	foreignFrom     = 0.05
	foreignCritical = 0.25
	// shownFunctions bounds the functions that the title names.
	shownFunctions = 3
)

var foreignProbes = rule{
	id: "foreign-probes", category: "CPU",
	says:   "another tool has breakpoints in the process's code: each time a thread reaches one, it stops in the kernel",
	when:   "info: the code has breakpoints that are not otwatch's. Warning: over at least 400 CPU samples, the process spends 5 % of its CPU time there, at the lower bound. Critical from 25 % on",
	clears: "there are none",
	needs:  "the process's code has not been compared with its file",
	judge:  judgeForeignProbes,
}

func judgeForeignProbes(s facts) verdict {
	now := s.Last().Foreign
	switch {
	case !now.Looked:
		return verdict{}
	case now.Places == 0:
		return verdict{state: absent}
	}
	owner := "uprobes of another program"
	advice := "find out whose uprobes they are (bpftool link, /sys/kernel/tracing/uprobe_events), and stop that tool, or have it leave this process out"
	if now.Tracer != "" {
		owner = "breakpoints of " + now.Tracer
		advice = "detach the debugger " + now.Tracer
	}
	var names []string
	for _, f := range now.Functions[:min(len(now.Functions), shownFunctions)] {
		names = append(names, f.Name)
	}
	title := fmt.Sprintf("%s: %s in the code", owner, english.Plural(int(now.Places), "place", ""))
	if len(names) > 0 {
		title += ", as in " + strings.Join(names, ", ")
	}
	evidence := map[string]float64{"places": float64(now.Places)}
	severity := report.Info
	if share := s.foreignShare(); share != nil {
		evidence["cpu_share"], evidence["limit"] = share.Value, foreignFrom
		if share.Low >= foreignFrom {
			severity = severe(share.Low >= foreignCritical)
			title = fmt.Sprintf("%s take %s of the process's CPU time: %s", owner, estimate.Percent(share.Value), strings.TrimPrefix(title, owner+": "))
		}
	}
	return verdict{state: present, severity: severity, title: title, evidence: evidence, advice: []report.Advice{code(advice)}}
}

// foreignShare is the share of CPU samples at breakpoints of others; nil if there are too few.
func (s facts) foreignShare() *estimate.Estimate {
	if s.cost.ForeignProbes == nil || s.sampled.Counts.Samples < minCostSamples {
		return nil
	}
	return s.cost.ForeignProbes.CPUShare
}
