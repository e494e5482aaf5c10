package view

import (
	"slices"
	"strings"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// reason is a reason why figures are missing.
type reason struct {
	why  string
	what []string
}

// reasons groups missing figures by their reason, in order of appearance.
func reasons(missing []snapshot.Missing) []reason {
	var grouped []reason
	for _, m := range missing {
		i := slices.IndexFunc(grouped, func(r reason) bool { return r.why == m.Why })
		if i < 0 {
			grouped = append(grouped, reason{why: m.Why})
			i = len(grouped) - 1
		}
		grouped[i].what = append(grouped[i].what, m.What)
	}
	return grouped
}

// missing says how many figures are missing.
func (f frame) missing() []row {
	n := uint64(len(f.Total.Missing))
	if n == 0 {
		return nil
	}
	parts := []part{styled(plural(n, "figure")+" not known", quiet), styled("m shows why", quiet)}
	return []row{{name: "MISSING", label: "MISSING", style: heading, parts: parts, rank: advised}}
}

// missingInFull lists the missing figures with the reasons.
func (f frame) missingInFull() []row {
	if len(f.Total.Missing) == 0 {
		return []row{{parts: []part{text("all figures are known")}}}
	}
	var rows []row
	for _, r := range reasons(f.Total.Missing) {
		rows = append(rows,
			row{parts: prose(strings.Join(r.what, ", "), plain), sep: " "},
			row{parts: prose(r.why, quiet), sep: " "},
			row{rank: blank})
	}
	return rows
}
