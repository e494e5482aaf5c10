package main

import (
	"maps"
	"slices"

	"github.com/otwatch/otwatch/internal/report"
)

// cure is what otwatch's advice comes to.
type cure struct {
	told []string // the advice followed, in its words
	env  []string // NAME=value, in order
	args []string
}

// prescribe reads the cure out of a report, unchanged: the environment
// of every advice of the findings, and for the first that takes code its flags. Where two
// advices set one variable, the first counts.
func prescribe(r report.Report, c illness) cure {
	var result cure
	env := map[string]string{}
	for _, id := range c.findings {
		finding, found := find(r, id)
		if !found {
			continue
		}
		code := c.code[id]
		for _, advice := range finding.Advice {
			if len(advice.Env) == 0 {
				if len(code) == 0 {
					continue // not followed
				}
				result.args, code = append(result.args, code...), nil
			}
			result.told = append(result.told, advice.Title)
			for name, value := range advice.Env {
				if _, set := env[name]; !set {
					env[name] = value
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		result.env = append(result.env, name+"="+env[name])
	}
	return result
}

func find(r report.Report, id string) (report.Finding, bool) {
	i := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == id })
	if i < 0 {
		return report.Finding{}, false
	}
	return r.Findings[i], true
}
