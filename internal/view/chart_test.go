package view

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// course is a minute of busy in six stretches; in one of them the CPU figures are
// missing.
func course() report.Timeline {
	c := report.Timeline{Total: complete().Total}
	for i := range 6 {
		r := busy(10)
		r.Window.Start = start.Add(time.Duration(10*i) * time.Second)
		c.Stretches = append(c.Stretches, r)
		if value := 0.08 + 0.01*float64(i%3); i != 3 {
			r.CPU.Tracing.Share = around(value, value-0.01, value+0.02, 400)
		}
		c.Sampled = append(c.Sampled, r)
	}
	return c
}

func TestLine(t *testing.T) {
	line := lineOf{"a", "share", func(r report.Report) *estimate.Estimate { return r.CPU.Tracing.Share }}
	drawn, words, any := line.draw(course().Sampled, axisOf(course().Sampled), 0.1, estimate.Percent)
	want := chartLine{
		Class: "a", Name: "share", Value: "10 %",
		Path: "M50.0 24.0L150.0 12.0L250.0 0.0M450.0 12.0L550.0 0.0",
		Band: "M50.0 0.0L150.0 0.0L250.0 0.0L250.0 12.0L150.0 24.0L50.0 36.0Z" + "M450.0 0.0L550.0 0.0L550.0 12.0L450.0 24.0Z",
	}
	if diff := cmp.Diff(want, drawn); diff != "" || !any {
		t.Errorf("known %v (-want +got):\n%s", any, diff)
	}
	if want := "at the end 10 % (9 %–12 %), maximum 10 % (9 %–12 %)"; words != want {
		t.Errorf("%q, want %q", words, want)
	}
	if _, _, any := line.draw(course().Stretches, axisOf(course().Stretches), 0.1, estimate.Percent); any {
		t.Error("a line of nothing known was drawn")
	}
}

// TestChartsOfWhatIsKnown leaves out charts without a figure, or with a single point.
func TestChartsOfWhatIsKnown(t *testing.T) {
	if got := len(charts(course())); got != len(chartsOf) {
		t.Errorf("%d charts, want all %d", got, len(chartsOf))
	}
	if got := charts(report.Timeline{Total: busy(10)}); len(got) != 0 {
		t.Errorf("%d charts of no time", len(got))
	}
	nothing := unmeasured().Total
	if got := charts(report.Timeline{Total: nothing, Stretches: []report.Report{nothing, nothing}}); len(got) != 0 {
		t.Errorf("charts of a target of which nothing is known: %+v", got)
	}
}

func TestRoundUp(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, 1: 1, 1.1: 2, 2049: 5000, 0.031: 0.05, 7e6: 1e7} {
		if got := roundUp(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
}

// TestStretchesStandInOrder has a clock that was set back.
func TestStretchesStandInOrder(t *testing.T) {
	want, set := charts(course()), course()
	for i := range set.Stretches {
		if i >= 3 {
			set.Stretches[i].Window.Start = set.Stretches[i].Window.Start.Add(-time.Hour)
			set.Sampled[i].Window.Start = set.Sampled[i].Window.Start.Add(-time.Hour)
		}
	}
	for i, c := range charts(set) {
		if diff := cmp.Diff(want[i].Lines, c.Lines); diff != "" || c.End != want[i].End {
			t.Errorf("%s, until %s (-the clock goes on +it is set back):\n%s", c.Title, c.End, diff)
		}
		for j, step := range c.Steps {
			if step.X != want[i].Steps[j].X || step.Width != want[i].Steps[j].Width {
				t.Errorf("%s: step %d at %v, want %v", c.Title, j, step.X, want[i].Steps[j].X)
			}
		}
	}
}
