package sick

import (
	"fmt"
	"strings"
	"time"
)

// table has a line for each row that was run, and what came of all.
func (m *matrix) table() string {
	var b strings.Builder
	b.WriteString("| Kind | Program | Drawn | Receiver | Watched | To be found | Found |\n|---|---|---|---|---|---|---|\n")
	right, run := 0, 0
	for _, r := range rows {
		result, ok := m.results[r.name]
		if !ok {
			continue
		}
		run++
		if len(result.wrong) == 0 {
			right++
		} else {
			result.found += " — **" + strings.Join(result.wrong, "; ") + "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %v | %s | %s |\n",
			r.kind, r.name, result.program(), result.Receiver, r.watch.Round(time.Second), r.toBeFound(), result.found)
	}
	fmt.Fprintf(&b, "\n%d of %d rows are as they must be.\n", right, run)
	return b.String()
}

// toBeFound is what a row wants, and in brackets what may stand beside it.
func (r row) toBeFound() string {
	text := orElse(strings.ReplaceAll(strings.Join(r.want, ", "), "|", " or "), "nothing")
	if len(r.beside) > 0 {
		text += " (" + strings.Join(r.beside, ", ") + ")"
	}
	return text
}

// program is how the program was run.
func (d drawn) program() string {
	text := "`" + strings.TrimSpace(strings.Join(d.Env, " ")+" "+d.Args) + "`"
	if d.Quota > 0 {
		text += fmt.Sprintf(", with a quota of %g CPUs", d.Quota)
	}
	if d.Probed != "" {
		text += ", with a uprobe of another tool on `" + d.Probed + "`"
	}
	return text
}
