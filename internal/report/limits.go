package report

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits are the absolute limits that findings are judged by. Zero means the default.
type Limits struct {
	CPU   float64       // tracing's share of the process's CPU, 0..1
	P99   time.Duration // of an export
	Drops float64       // dropped of the sampled spans that ended, 0..1
	Queue float64       // of a queue's capacity, 0..1
	RSS   float64       // bytes; no limit by default
	// Target is the share of the CPU, 0..1, that advice aims at. Its default is CPU; if only
	// Target is set, CPU is the same.
	Target float64
	// Ignored are the IDs of findings that are not raised.
	Ignored []string `json:",omitempty"`
}

// Equal reports whether two Limits are the same.
func (l Limits) Equal(other Limits) bool {
	same := slices.Equal(l.Ignored, other.Ignored)
	l.Ignored, other.Ignored = nil, nil
	return same && reflect.DeepEqual(l, other)
}

// Over returns l, completed by what others sets and l does not. CPU and Target belong
// together: l has both, of which one may follow from the other, or takes both from others.
func (l Limits) Over(others Limits) Limits {
	if l.CPU > 0 || l.Target > 0 {
		others.CPU, others.Target = l.CPU, l.Target
	}
	for _, row := range limitRows {
		if of := row.of(&l); *of == 0 {
			*of = *row.of(&others)
		}
	}
	if l.P99 == 0 {
		l.P99 = others.P99
	}
	if l.Target == 0 {
		l.Target = others.Target
	}
	l.Ignored = slices.Concat(others.Ignored, l.Ignored)
	return l
}

// defaultLimits were chosen before any program was judged by them.
var defaultLimits = Limits{CPU: 0.05, P99: time.Second, Drops: 0.01, Queue: 0.8, RSS: math.Inf(1)}

// OrDefault sets the limits that are zero to their defaults.
func (l Limits) OrDefault() Limits {
	if l.CPU == 0 {
		l.CPU = l.Target
	}
	l = l.Over(defaultLimits)
	if l.Target == 0 {
		l.Target = l.CPU
	}
	return l
}

// limitRow is a limit that is a number. P99, a duration, has no row.
type limitRow struct {
	name, example string
	of            func(*Limits) *float64
	parse         func(string) (float64, error)
}

var limitRows = []limitRow{
	{"cpu", "5%", func(l *Limits) *float64 { return &l.CPU }, parsePercent},
	{"drops", "1%", func(l *Limits) *float64 { return &l.Drops }, parsePercent},
	{"queue", "80%", func(l *Limits) *float64 { return &l.Queue }, parsePercent},
	{"rss", "2GB", func(l *Limits) *float64 { return &l.RSS }, parseBytes},
}

// ParseLimits reads limits such as cpu=5%, p99=1s and rss=2GB.
func ParseLimits(args []string) (Limits, error) {
	var l Limits
	given := map[string]bool{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return Limits{}, fmt.Errorf("limit %q: must be NAME=VALUE, as in cpu=5%%", arg)
		}
		if given[name] {
			return Limits{}, fmt.Errorf("limit %q: %s is given twice", arg, name)
		}
		given[name] = true
		if err := l.set(name, strings.TrimSpace(value)); err != nil {
			return Limits{}, fmt.Errorf("limit %q: %w", arg, err)
		}
	}
	return l, nil
}

func (l *Limits) set(name, value string) error {
	if name == "p99" {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("must be a time above 0, as in p99=1s")
		}
		l.P99 = d
		return nil
	}
	for _, row := range limitRows {
		if row.name != name {
			continue
		}
		v, err := row.parse(value)
		if err != nil {
			return fmt.Errorf("%w, as in %s=%s", err, row.name, row.example)
		}
		*row.of(l) = v
		return nil
	}
	return fmt.Errorf("no such limit; there are cpu, p99, drops, queue and rss")
}

// parsePercent reads a share above 0 % and up to 100 %.
func parsePercent(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(v > 0 && v <= 100) {
		return 0, fmt.Errorf("must be a percentage above 0%% and up to 100%%")
	}
	return v / 100, nil
}

// sizes are units of memory, the longer names first.
var sizes = []struct {
	unit  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}}

// parseBytes reads a size above 0.
func parseBytes(s string) (float64, error) {
	for _, size := range sizes {
		number, ok := strings.CutSuffix(s, size.unit)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err == nil && v > 0 && !math.IsInf(v, 0) {
			return v * size.bytes, nil
		}
	}
	return 0, fmt.Errorf("must be a size above 0 in kB, MB, GB, KiB, MiB or GiB")
}
