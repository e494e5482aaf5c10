package main

import (
	"reflect"

	"github.com/otwatch/otwatch/internal/audit"
	"github.com/otwatch/otwatch/internal/compare"
	"github.com/otwatch/otwatch/internal/estimate"
	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/report"
)

var (
	reportType   = reflect.TypeFor[report.Report]()
	hostType     = reflect.TypeOf(export.HostDocument(nil, export.Host{}))
	estimateType = reflect.TypeFor[estimate.Estimate]()
)

// section is a part of the page: a type whose fields it lists.
type section struct {
	heading string
	text    string // what a reader needs to know before the fields
	of      reflect.Type
}

// sections are those of the page besides the parts of a report, each of which has its own.
var sections = []section{
	{"Several processes", "`attach` with `--all`, `--name`, `--cgroup` or several `--pid`, and `report` of a recording of several processes, write one object with a report for each process.", hostType},
	{"Estimate", "`exact` figures are counted; all other figures have an interval that contains the true value with 95 % confidence.", estimateType},
	{"List", "`list --output json` writes one object, `otwatch.list/v1`.", reflect.TypeOf(export.List(nil))},
	{"Audit", "`audit --output json` writes one object, `otwatch.audit/v1`.", reflect.TypeFor[audit.Document]()},
	{"Checklist", "`report --checklist --output json` writes one object, `otwatch.checklist/v1`.", reflect.TypeOf(export.Checklists(nil))},
	{"Comparison", "`compare --output json` writes one object, `otwatch.compare/v1`.", reflect.TypeFor[compare.Document]()},
	{"Figure", "A figure in a comparison.", reflect.TypeFor[compare.Figure]()},
}
