package view

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// stages draws tracing's CPU time by stage, the most expensive stage first.
func (f frame) stages() []row {
	all := f.Total.CPU.Stages
	stages := stagesByShare(all)
	if len(stages) == 0 {
		return nil
	}
	longest := all[stages[0]].Share.Value
	r := row{name: "stages", rank: advised, sep: "   "}
	for _, name := range stages {
		v := all[name].Share.Value
		r.parts = append(r.parts, part{{text: name + " "}, {text: bar(v/longest, stageWidth)}, {text: " " + estimate.Percent(v)}})
	}
	return []row{r}
}

// stagesByShare returns the stages that have a share above 0, largest first.
func stagesByShare(stages map[string]report.Portion) []string {
	names := slices.Sorted(maps.Keys(stages))
	names = slices.DeleteFunc(names, func(name string) bool {
		e := stages[name].Share
		return e == nil || e.Value <= 0
	})
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(stages[b].Share.Value, stages[a].Share.Value)
	})
	return names
}

// stagesInFull shows each stage of each part of OpenTelemetry with its interval, and how it is
// measured.
func (f frame) stagesInFull() []row {
	rows := []row{f.tracing()[0]}
	if whole := f.openTelemetry(); len(whole) > 0 {
		rows = []row{whole[0], rows[0]}
	}
	var methods []method
	longest := 0.0
	for _, p := range partsOf(f.Total) {
		for _, portion := range p.stages {
			if portion.Share != nil {
				longest = max(longest, portion.Share.Value)
			}
		}
	}
	for _, p := range partsOf(f.Total) {
		stages := stagesByShare(p.stages)
		if len(stages) == 0 {
			continue
		}
		rows = append(rows, row{rank: blank}, row{label: strings.ToUpper(p.name[:1]) + p.name[1:], style: heading})
		for _, name := range stages {
			portion := p.stages[name]
			figures := []part{text(pad(bar(portion.Share.Value/longest, stageWidth), stageWidth)),
				text(pad(withInterval(portion.Share, estimate.PercentDigits, " %"), 18)), styled(portion.Kind, quiet)}
			rows = append(rows, row{label: "  " + name, parts: figures, sep: "  "})
			methods = addMethod(methods, portion.Method, name)
		}
	}
	if len(methods) > 0 {
		rows = append(rows, row{rank: blank})
	}
	for _, m := range methods {
		rows = append(rows, row{parts: prose(strings.Join(m.stages, ", ")+": "+m.says, quiet), sep: " "})
	}
	return rows
}

// method is how stages are measured.
type method struct {
	says   string
	stages []string
}

// addMethod adds a stage to those of a method.
func addMethod(methods []method, says, stage string) []method {
	if says == "" {
		return methods
	}
	i := slices.IndexFunc(methods, func(m method) bool { return m.says == says })
	if i < 0 {
		return append(methods, method{says, []string{stage}})
	}
	if !slices.Contains(methods[i].stages, stage) {
		methods[i].stages = append(methods[i].stages, stage)
	}
	return methods
}
