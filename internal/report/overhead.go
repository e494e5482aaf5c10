package report

import "fmt"

// ParseOverhead reads a share of the CPU that tracing may take, as in 3%.
func ParseOverhead(s string) (float64, error) {
	share, err := parsePercent(s)
	if err != nil || share == 1 {
		return 0, fmt.Errorf("%q: must be a percentage above 0%% and below 100%%, as in 3%%", s)
	}
	return share, nil
}

// WithTarget sets the share of the CPU that advice aims at. Unless the limit of the CPU is
// set, it becomes the same. A target above the limit is an error: advice would not clear
// the finding.
func (l Limits) WithTarget(share float64) (Limits, error) {
	if l.CPU > 0 && share > l.CPU {
		return l, fmt.Errorf("%.3g%%: is above the limit cpu=%.3g%%, so what follows the advice would be found too high again; lower it, or raise the limit",
			100*share, 100*l.CPU)
	}
	l.Target = share
	return l, nil
}
