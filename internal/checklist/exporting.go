package checklist

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/otwatch/otwatch/internal/report"
)

// Exporting answers whether a target's spans arrive, and go on to: exports return, no span
// was lost, and no processor is left behind.
func Exporting(r report.Report) []Check {
	var checks []Check
	for _, q := range []struct {
		id, question string
		judge        func(report.Report) answer
	}{
		{"exports", "Do exports return?", judgeExports},
		{"losses", "Was no span lost?", judgeLosses},
		{"leaks", "Are all processors shut down that are replaced?", judgeLeaks},
	} {
		a := q.judge(r)
		checks = append(checks, Check{q.id, q.question, a.verdict, a.evidence})
	}
	return checks
}

func judgeExports(r report.Report) answer {
	if why := r.Why("export.operations"); why != "" {
		return answer{Unknown, why}
	}
	if found := among(r.Findings, []string{"not-exported"}); len(found) > 0 {
		return answer{Fail, describeFindings(found)}
	}
	if r.Export.Operations == r.Export.Failed {
		return answer{Fail, fmt.Sprintf("none of %d exports succeeded", r.Export.Operations)}
	}
	return answer{Pass, fmt.Sprintf("%d of %d exports succeeded", r.Export.Operations-r.Export.Failed, r.Export.Operations)}
}

func judgeLosses(r report.Report) answer {
	losses := r.Losses()
	switch doubt := doubted(r, []string{"spans.dropped", "spans.failed", "spans.lost_at_exit"}); {
	case doubt != "":
		return answer{Unknown, doubt}
	case len(losses.Certain) > 0:
		return answer{Fail, strings.Join(losses.Certain, ", ")}
	case len(losses.Unknown) > 0:
		return answer{Unknown, strings.Join(losses.Unknown, "; ")}
	}
	return answer{Pass, "no span was lost"}
}

func judgeLeaks(r report.Report) answer {
	const leak = "components-leak"
	if found := among(r.Findings, []string{leak}); len(found) > 0 {
		return answer{Fail, describeFindings(found)}
	}
	if !r.Known("findings." + leak) {
		return answer{Unknown, cmp.Or(r.Why("findings."+leak), "it was not judged")}
	}
	return answer{Pass, "no line builds processors again and again"}
}
