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
	stages := stagesByShare(f.Total)
	if len(stages) == 0 {
		return nil
	}
	longest := share(f.Total, stages[0])
	r := row{name: "stages", rank: advised, sep: "   "}
	for _, name := range stages {
		v := share(f.Total, name)
		r.parts = append(r.parts, part{{text: name + " "}, {text: bar(v/longest, stageWidth)}, {text: " " + estimate.Percent(v)}})
	}
	return []row{r}
}

func share(r report.Report, stage string) float64 { return r.CPU.Stages[stage].Share.Value }

// stagesByShare returns the stages that have a share above 0, largest first.
func stagesByShare(r report.Report) []string {
	names := slices.Sorted(maps.Keys(r.CPU.Stages))
	names = slices.DeleteFunc(names, func(name string) bool {
		e := r.CPU.Stages[name].Share
		return e == nil || e.Value <= 0
	})
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(share(r, b), share(r, a))
	})
	return names
}

// stagesInFull shows each stage with its interval, and how it is measured.
func (f frame) stagesInFull() []row {
	rows := append([]row{f.tracing()[0]}, row{rank: blank})
	stages := stagesByShare(f.Total)
	if len(stages) == 0 {
		return rows
	}
	longest := share(f.Total, stages[0])
	for _, name := range stages {
		portion := f.Total.CPU.Stages[name]
		figures := []part{text(pad(bar(share(f.Total, name)/longest, stageWidth), stageWidth)),
			text(pad(withInterval(portion.Share, estimate.PercentDigits, " %"), 18)), styled(portion.Kind, quiet)}
		rows = append(rows, row{label: name, parts: figures, sep: "  "})
	}
	return append(append(rows, row{rank: blank}), f.methods(stages)...)
}

// methods says how stages are measured, in a row per method.
func (f frame) methods(stages []string) (rows []row) {
	of := map[string][]string{}
	for _, name := range stages {
		method := f.Total.CPU.Stages[name].Method
		of[method] = append(of[method], name)
	}
	for _, name := range stages {
		method := f.Total.CPU.Stages[name].Method
		if method != "" && of[method][0] == name {
			rows = append(rows, row{parts: prose(strings.Join(of[method], ", ")+": "+method, quiet), sep: " "})
		}
	}
	return rows
}
