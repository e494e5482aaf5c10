package report

// Frame is what there is to show of one target at one moment.
type Frame struct {
	Total        Report   // since attach: totals, and what needs many samples
	Recent       Report   // the last seconds: rates and latencies
	QueueHistory []uint64 // queue sizes, oldest first
	State        string   // empty when running normally; else as in "ended"
	Ended        bool
}

// Timeline is how a target fared over a recording: the Report of the whole time, those of
// stretches of it, ascending, and those of stretches long enough for a share of the CPU.
type Timeline struct {
	Total     Report
	Stretches []Report
	Sampled   []Report
}
