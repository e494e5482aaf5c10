package agent

import (
	"fmt"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// missing lists the figures that are missing because the budget has not allowed their probes
// yet, and as gaps those whose probes were not in place for some time.
func (w *windows) missing(budgeted float64) (missing, gaps []snapshot.Missing) {
	why := fmt.Sprintf("counting every call would cost the target more than the budget of %g %%; --budget 100%% keeps its probes open", budgeted*100)
	if w.host.shut || w.host.waits {
		why = "counting every call would cost all targets together more than the host's budget; --host-budget raises it, --exclude leaves targets out"
	}
	if w.host.waits && !w.counted {
		missing = lacking(probes.Spans, why)
	}
	for _, group := range probes.Groups {
		switch {
		case w.groups[group].overBudget && demanding(group):
			gaps = append(gaps, lacking(group, why)...)
		case w.groups[group].lapsed && w.always(group):
			gaps = append(gaps, lacking(group, unattended)...)
		case w.groups[group].overBudget:
			gaps = append(gaps, allMissing(exactOf(group), why)...)
		case group == probes.Components && w.groups[group].uncounted: // what is recorded is not lost, but the drops are added up
			gaps = append(gaps, snapshot.Missing{What: "pipelines.dropped", Why: why})
		}
		if err := w.groups[group].shortage; err != nil {
			gaps = append(gaps, lacking(group, fmt.Sprintf("its probes could not be placed: %v; %s", err, remedy(err)))...)
		}
	}
	return missing, gaps
}

// lacking lists the figures that a group's probes feed as missing.
func lacking(group probes.Group, why string) []snapshot.Missing {
	return allMissing(group.Feeds(), why)
}

func allMissing(figures []string, why string) []snapshot.Missing {
	var missing []snapshot.Missing
	for _, figure := range figures {
		missing = append(missing, snapshot.Missing{What: figure, Why: why})
	}
	return missing
}
