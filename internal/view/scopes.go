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
	rows := []row{{parts: []part{styled(scopeLine(scopeHeadings()), quiet)}}}
	for _, s := range f.Total.Scopes {
		name := styled(s.Title(), heading)
		rows = append(rows, row{parts: []part{name}}, row{parts: []part{text(scopeLine(scopeCells(s, f.Total))), styled(libraryOf(s), quiet)}, sep: "  "})
	}
	return append(rows, row{rank: blank}, row{parts: prose("% of CPU: the library's own code, and tracing's code that it calls, with the 95 % interval; garbage collection and exports are not in it. allocates: of all bytes that the process allocates.", quiet), sep: " "})
}

// scopeFigure is a column of the scopes.
type scopeFigure struct {
	head  string
	width int
	of    func(report.Scope, report.Report) string
}

var scopeFigures = []scopeFigure{
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

func scopeHeadings() (heads []string) {
	for _, c := range scopeFigures {
		heads = append(heads, c.head)
	}
	return heads
}

func scopeCells(s report.Scope, r report.Report) (cells []string) {
	for _, c := range scopeFigures {
		cells = append(cells, c.of(s, r))
	}
	return cells
}

// scopeLine has a cell of each column, one beside the other.
func scopeLine(cells []string) (line string) {
	for i, c := range scopeFigures {
		line += padLeft(cells[i], c.width)
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
		rows = append(rows, htmlScope{Name: s.Title(), Library: libraryOf(s), Cells: scopeCells(s, r)})
	}
	return rows
}
