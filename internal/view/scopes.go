package view

import (
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/report"
)

// scopesInFull has a row for each scope or library, with its figures in columns.
func (f frame) scopesInFull() []row {
	if len(f.Total.Scopes) == 0 {
		return []row{{parts: []part{styled("no span was read yet, and no CPU sample was of a library that calls tracing", quiet)}}}
	}
	rows := []row{{parts: []part{styled(scopeColumns(scopeHeads), quiet)}}}
	for _, s := range f.Total.Scopes {
		name := styled(s.Title(), heading)
		rows = append(rows, row{parts: []part{name}}, row{parts: []part{text(scopeColumns(scopeFigures(s, f.Total))), styled(libraryOf(s), quiet)}, sep: "  "})
	}
	return append(rows, row{rank: blank}, row{parts: prose("% of CPU: the library's own code, and tracing's code that it calls, with the 95 % interval; garbage collection and exports are not in it. allocates: of all bytes that the process allocates.", quiet), sep: " "})
}

// scopeFigure is a column of the scopes.
type scopeFigure struct {
	head  string
	width int
	of    func(report.Scope, report.Report) string
}

var scopeFiguresOf = []scopeFigure{
	{"% of CPU", 16, func(s report.Scope, _ report.Report) string {
		return withInterval(s.Share, estimate.PercentDigits, " %")
	}},
	{"spans/s", 9, func(s report.Scope, r report.Report) string { return rateOf(s.Spans, r) }},
	{"a request", 10, func(s report.Scope, _ report.Report) string { return marked(s.PerRequest, significant) }},
	{"attributes", 11, func(s report.Scope, _ report.Report) string {
		if s.AttributesPerSpan == nil {
			return none
		}
		return significant(*s.AttributesPerSpan)
	}},
	{"a span", 10, func(s report.Scope, _ report.Report) string { return marked(s.CostUS, microseconds) }},
	{"allocates", 10, func(s report.Scope, _ report.Report) string { return marked(s.AllocShare, estimate.Percent) }},
}

func scopeHeads(c scopeFigure) string { return c.head }

func scopeFigures(s report.Scope, r report.Report) func(scopeFigure) string {
	return func(c scopeFigure) string { return c.of(s, r) }
}

// scopeColumns are cells of all columns, one beside the other.
func scopeColumns(cell func(scopeFigure) string) (line string) {
	for _, c := range scopeFiguresOf {
		line += padLeft(cell(c), c.width)
	}
	return line
}

// libraryOf names the library of a scope, unless it has the scope's name.
func libraryOf(s report.Scope) string {
	switch {
	case s.Name == "":
		return "its scope is not known" + version(s)
	case s.Library == "":
		return "its library is not known"
	case s.Library != s.Name:
		return s.Library + version(s)
	}
	return version(s)
}

func version(s report.Scope) string {
	if s.Version == "" {
		return ""
	}
	return " " + s.Version
}

// htmlScope is a scope in the table of the page.
type htmlScope struct {
	Name, Library string
	Cells         []string
}

func htmlScopes(r report.Report) (rows []htmlScope) {
	for _, s := range r.Scopes {
		row := htmlScope{Name: s.Title(), Library: libraryOf(s)}
		for _, c := range scopeFiguresOf {
			row.Cells = append(row.Cells, c.of(s, r))
		}
		rows = append(rows, row)
	}
	return rows
}

func scopeHeadings() (heads []string) {
	for _, c := range scopeFiguresOf {
		heads = append(heads, c.head)
	}
	return heads
}
