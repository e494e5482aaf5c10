package view

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/otwatch/otwatch/internal/fuzzlimit"
	"github.com/otwatch/otwatch/internal/golden"
	"github.com/otwatch/otwatch/internal/report"
)

var (
	wide   = Screen{Width: 160, Height: 50}
	usual  = Screen{Width: 100, Height: 30}
	narrow = Screen{Width: 60, Height: 20}
)

// render draws the only target.
func render(f report.Frame, s Screen) string { return Render(f, "", newModel(s).keys(), s) }

func TestRender(t *testing.T) {
	for _, test := range []struct {
		name   string
		frame  report.Frame
		screen Screen
	}{
		{"healthy", healthy(), usual},
		{"healthy-narrow", healthy(), narrow},
		{"healthy-wide", healthy(), wide},
		{"healthy-ascii", healthy(), Screen{Width: 100, Height: 30, ASCII: true}},
		{"attached", attached(), usual},
		{"losing", losing(), usual},
		{"losing-color", losing(), Screen{Width: 100, Height: 30, Color: true}},
		{"processors", severalProcessors(), usual},
		{"unmeasured", unmeasured(), usual},
		{"complete", complete(), usual},
		{"complete-narrow", complete(), narrow},
		{"complete-wide", complete(), wide},
		{"complete-low", complete(), Screen{Width: 100, Height: 9}},
	} {
		t.Run(test.name, func(t *testing.T) {
			golden.Equal(t, "live-"+test.name+".txt", render(test.frame, test.screen)+"\n")
		})
	}
}

func TestRenderFitsEveryScreen(t *testing.T) {
	for _, f := range []report.Frame{healthy(), attached(), losing(), severalProcessors(), unmeasured(), complete()} {
		for width := 1; width <= 220; width += 7 {
			for height := 1; height <= 40; height += 3 {
				lines := strings.Split(render(f, Screen{Width: width, Height: height, Color: true}), "\n")
				if len(lines) > height {
					t.Fatalf("%d lines on %dx%d", len(lines), width, height)
				}
				for _, line := range lines {
					if ansi.StringWidth(line) > width {
						t.Fatalf("%d columns on %dx%d: %s", ansi.StringWidth(line), width, height, line)
					}
				}
			}
		}
	}
}

func TestRenderNeutralisesHostileText(t *testing.T) {
	hostile := "a\x1b]0;owned\x07\x1b[2J\u202e\u200b\n\r\tb\x9b31m\xff"
	f := complete()
	r := &f.Total
	r.Target.ServiceName, r.Target.GoVersion, r.Target.SDKVersion, r.Target.Exe = hostile, hostile, hostile, hostile
	r.Target.Arch, r.Target.ContainerID = hostile, &hostile
	for i := range r.Processors {
		r.Processors[i].Name, r.Processors[i].Kind, r.Processors[i].Exporter = hostile, hostile, hostile
	}
	r.Names[0].Name, r.Names[0].Scope = hostile, hostile
	r.Attributes[0].Key = hostile
	r.Sites[0].Function, r.Sites[0].File, r.Sites[0].Stage = hostile, hostile, hostile
	r.Findings[0].Title, r.Findings[0].ID, r.Findings[0].Severity = hostile, hostile, hostile
	r.Findings[0].Advice[0].Title, r.Findings[0].Advice[0].Env = hostile, map[string]string{hostile: hostile}
	r.CPU.Stages[hostile] = r.CPU.Stages["create"]
	r.Missing = append(r.Missing, unmeasured().Total.Missing[0])
	r.Missing[0].What, r.Missing[0].Why = hostile, hostile
	f.State = hostile

	var summary, lines strings.Builder
	if err := Summary(&summary, f.Total, usual); err != nil {
		t.Fatal(err)
	}
	if err := Lines(&lines, []report.Frame{f}); err != nil {
		t.Fatal(err)
	}
	list := strings.Join(targetTable(framesOf([]report.Frame{f, f}), 0, usual, 0), "\n")
	var opened strings.Builder
	for _, p := range panels {
		opened.WriteString(strings.Join(layout(p.of(frame(f)), wide, p.indent), "\n") + "\n")
	}
	for name, text := range map[string]string{"Render": render(f, wide), "Summary": summary.String(), "Lines": lines.String(), "targets": list, "panels": opened.String()} {
		if got := strings.ReplaceAll(text, "\n", ""); Sanitize(got) != got {
			t.Errorf("%s lets control characters through: %q", name, got)
		}
	}
	if n := strings.Count(lines.String(), "\n"); n != 1 {
		t.Errorf("Lines wrote %d lines for one frame", n)
	}
}

// FuzzRender draws any name, on any screen.
func FuzzRender(f *testing.F) {
	for i, text := range difficult {
		f.Add(text, 10*i, i)
	}
	f.Fuzz(func(t *testing.T, s string, width, height int) {
		defer fuzzlimit.Watch(t)()
		f := complete()
		r := &f.Total
		r.Target.ServiceName, r.Names[0].Name, r.Names[0].Scope, r.Sites[0].Function, r.Sites[0].File = s, s, s, s, s
		r.Findings[0].ID, r.Findings[0].Title, f.State, r.Processors[0].Exporter = s, s, s, s
		width, height = 1+min(max(width, 0), 299), min(max(height, 0), 60)
		for _, screen := range []Screen{{Width: width, Height: height, Color: true}, {Width: width, ASCII: true}} {
			for _, line := range append(strings.Split(render(f, screen), "\n"), targetTable(framesOf([]report.Frame{f, f}), 0, screen, 0)...) {
				if shown(line) > width || widest(line) > width {
					t.Fatalf("%d or %d columns on %d: %q", shown(line), widest(line), width, line)
				}
				if plain := ansi.Strip(line); Sanitize(plain) != plain {
					t.Fatalf("drawn raw: %q", line)
				}
			}
		}
	})
}

func TestRenderShowsNoZeroForWhatIsMissing(t *testing.T) {
	if got := render(unmeasured(), Screen{Width: 160}); strings.Contains(strings.SplitAfter(got, "MISSING")[0], " 0 of") {
		t.Errorf("a missing figure reads 0:\n%s", got)
	}
}

func TestKnown(t *testing.T) {
	r := attached().Total // lacks queue, export.duration_ms and export.batch
	for path, want := range map[string]bool{"queue": false, "queue.size": false, "queues": true, "export": true, "export.batch": false, "export.operations": true} {
		if got := r.Known(path); got != want {
			t.Errorf("known(%q) is %v, want %v", path, got, want)
		}
	}
}
