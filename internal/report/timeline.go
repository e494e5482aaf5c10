package report

import "github.com/otwatch/otwatch/internal/snapshot"

// Frame is what there is to show of one target at one moment.
type Frame struct {
	Total        Report   // since attach: totals, and what needs many samples
	Recent       Report   // the last seconds: rates and latencies
	QueueHistory []uint64 // queue sizes, oldest first
	State        string   // empty when running normally; else as in "ended"
	Ended        bool
}

// Timeline is a target over time: the Report of the whole time, the Reports of its stretches
// in order, and those of longer stretches, with enough samples for a share of the CPU.
type Timeline struct {
	Total     Report
	Stretches []Report
	Sampled   []Report
	Samples   snapshot.Samples // of the whole time, with their stacks if these are kept
}
