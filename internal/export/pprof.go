package export

import (
	"strconv"

	"github.com/google/pprof/profile"

	"github.com/otwatch/otwatch/internal/classify"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// Profile makes a CPU profile of all samples of targets. Samples are labelled with class
// and, for tracing, stage, and with service and pid. A sample is 1/Hz of CPU time at that
// target's frequency. What was set aside or lost is in no sample, so the sum may be less
// than the process used. Texts are Printable, since tools show them as they are.
func Profile(targets []snapshot.Snapshot) *profile.Profile {
	b := builder{
		profile: &profile.Profile{
			SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
			PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
		},
		functions: map[function]*profile.Function{},
		locations: map[location]*profile.Location{},
	}
	for _, s := range targets {
		b.add(s)
	}
	return b.profile
}

// maxPeriod is a minute, in nanoseconds.
const maxPeriod = 60e9

// function and location are the keys of the profile's functions and locations.
type function struct{ name, file string }

type location struct {
	mapping *profile.Mapping
	frame   snapshot.Frame
}

// builder numbers what the samples refer to.
type builder struct {
	profile   *profile.Profile
	functions map[function]*profile.Function
	locations map[location]*profile.Location
}

func (b *builder) add(s snapshot.Snapshot) {
	p := b.profile
	if p.TimeNanos == 0 || s.Start.UnixNano() < p.TimeNanos {
		p.TimeNanos = s.Start.UnixNano()
	}
	p.DurationNanos = max(p.DurationNanos, s.Elapsed.Nanoseconds())
	if s.Samples.Hz == 0 {
		return
	}
	period := int64(min(1e9/s.Samples.Hz, maxPeriod))
	p.Period = max(p.Period, period)
	mapping := &profile.Mapping{
		ID: uint64(len(p.Mapping)) + 1, File: untrusted.Printable(s.Target.Exe),
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlineFrames: true,
	}
	p.Mapping = append(p.Mapping, mapping)
	for _, stack := range s.Samples.Stacks {
		p.Sample = append(p.Sample, &profile.Sample{
			Location: b.locationsOf(mapping, stack.Frames),
			Value:    []int64{int64(stack.Count), int64(min(float64(stack.Count)*float64(period), 1<<62))},
			Label:    labels(s.Target, stack),
		})
	}
}

func labels(target snapshot.Target, stack snapshot.Stack) map[string][]string {
	class, stage := classify.Stack(stack)
	labels := map[string][]string{"class": {class}, "service": {untrusted.Printable(target.ServiceName)}, "pid": {strconv.Itoa(target.PID)}}
	if stage != "" {
		labels["stage"] = []string{stage}
	}
	return labels
}

// locationsOf has one location for each frame, including inlined ones: samples have no
// addresses that frames could share.
func (b *builder) locationsOf(mapping *profile.Mapping, frames []*snapshot.Frame) []*profile.Location {
	locations := make([]*profile.Location, 0, len(frames))
	for _, frame := range frames {
		key := location{mapping, *frame}
		if b.locations[key] == nil {
			l := &profile.Location{
				ID: uint64(len(b.profile.Location)) + 1, Mapping: mapping,
				Line: []profile.Line{{Function: b.functionOf(frame), Line: int64(frame.Line)}},
			}
			b.locations[key], b.profile.Location = l, append(b.profile.Location, l)
		}
		locations = append(locations, b.locations[key])
	}
	return locations
}

func (b *builder) functionOf(frame *snapshot.Frame) *profile.Function {
	key := function{untrusted.Printable(frame.Name()), untrusted.Printable(frame.File)}
	if b.functions[key] == nil {
		f := &profile.Function{ID: uint64(len(b.profile.Function)) + 1, Name: key.name, SystemName: key.name, Filename: key.file}
		b.functions[key], b.profile.Function = f, append(b.profile.Function, f)
	}
	return b.functions[key]
}
