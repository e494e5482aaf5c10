package main

import (
	"encoding/json"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

const (
	docs     = "https://github.com/otwatch/otwatch/blob/main/docs/"
	findings = docs + "findings.md#all-findings"
)

// interval is a query for an estimate and two for its bounds, each with its value of BOUND.
func interval(text, legend string) []query {
	bound := func(value string) string { return strings.ReplaceAll(text, "BOUND", value) }
	return []query{
		{text: bound(""), legend: legend},
		{text: bound("low"), legend: legend + " low"},
		{text: bound("high"), legend: legend + " high"},
	}
}

func withQuantile(q string) string { return strings.ReplaceAll(quantiles, "QUANTILE", q) }

// renderDashboard writes the dashboard as Grafana imports it.
func renderDashboard(f form) ([]byte, error) {
	title, uid := "otwatch", "otwatch"
	if f.utf8 {
		title, uid = "otwatch (UTF-8 names)", "otwatch-utf8"
	}
	variables, err := f.variables()
	if err != nil {
		return nil, err
	}
	page := dashboard.NewDashboardBuilder(title).Uid(uid).Tags([]string{"opentelemetry", "otwatch"}).
		Description("What OpenTelemetry costs Go services and whether telemetry is lost, as otwatch sees it from outside.").
		Refresh("1m").Time("now-1h", "now").Timezone(common.TimeZoneBrowser).Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Variables(variables).
		Link(dashboard.NewDashboardLinkBuilder("Findings").Type(dashboard.DashboardLinkTypeLink).Url(findings).TargetBlank(true)).
		Link(dashboard.NewDashboardLinkBuilder("Metrics").Type(dashboard.DashboardLinkTypeLink).Url(docs + "metrics.md").TargetBlank(true))
	id := uint32(0)
	for _, s := range sections {
		id++
		page.WithRow(dashboard.NewRowBuilder(s.title).Id(id))
		for _, p := range s.panels {
			id++
			built, err := f.panel(p, id)
			if err != nil {
				return nil, err
			}
			page.WithPanel(built)
		}
	}
	built, err := page.Build()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(built, "", "  ")
	return append(text, '\n'), err
}

// variables are the data source, the service, its processes, and the price of a core-hour.
func (f form) variables() ([]cog.Builder[dashboard.VariableModel], error) {
	services, err := f.query(`label_values(@otwatch.probe.lost, job)`)
	if err != nil {
		return nil, err
	}
	processes, err := f.query(`label_values(@otwatch.probe.lost{job=~"$service"}, instance)`)
	if err != nil {
		return nil, err
	}
	all := dashboard.VariableOption{
		Text: dashboard.StringOrArrayOfString{String: cog.ToPtr("All")}, Value: dashboard.StringOrArrayOfString{String: cog.ToPtr("$__all")},
	}
	values := func(name, label, text string) *dashboard.QueryVariableBuilder {
		return dashboard.NewQueryVariableBuilder(name).Label(label).Query(dashboard.StringOrMap{String: &text}).Datasource(source).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
			Multi(true).IncludeAll(true).AllValue(".+").Current(all)
	}
	return []cog.Builder[dashboard.VariableModel]{
		dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"),
		values("service", "Service", services),
		values("process", "Process", processes),
		dashboard.NewTextBoxVariableBuilder("price").Label("Price of a core-hour").
			Description("What a core costs for an hour, in the currency of your choice.").DefaultValue(dashboard.StringOrMap{String: cog.ToPtr("0.04")}),
	}, nil
}

var source = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

func (f form) panel(p panel, id uint32) (cog.Builder[dashboard.Panel], error) {
	var targets []cog.Builder[variants.Dataquery]
	for i, q := range p.queries {
		text, err := f.query(q.text)
		if err != nil {
			return nil, err
		}
		target := prometheus.NewDataqueryBuilder().Datasource(source).Expr(text).RefId(refID(i)).LegendFormat(f.legend(q.legend))
		if p.kind == lines {
			target.Range()
		} else {
			target.Instant()
		}
		if p.kind == rows {
			target.Format(prometheus.PromQueryFormatTable)
		}
		targets = append(targets, target)
	}
	switch p.kind {
	case figure:
		return stat.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source).Targets(targets).
			Unit(p.unit).Height(4).Span(p.width).GraphMode(common.BigValueGraphModeNone).NoValue("no data"), nil
	case rows:
		return f.table(p, id).Targets(targets), nil
	}
	built := timeseries.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source).Targets(targets).
		Unit(p.unit).Height(8).Span(p.width).AxisSoftMin(0).FillOpacity(0).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	if p.stacked {
		built.FillOpacity(30).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
	}
	return built, nil
}

func refID(i int) string { return string(rune('A' + i)) }

// table is a table whose columns are the labels and a value for each query. A finding's id
// is a link to its description.
func (f form) table(p panel, id uint32) *table.PanelBuilder {
	titles := map[string]string{
		"job": "Service", f.label("otwatch.finding.id"): "Finding", f.label("otwatch.finding.severity"): "Severity",
		f.label("otwatch.tracing.stage"): "Stage", f.label("code.function.name"): "Function",
		f.label("code.file.path"): "File", f.label("code.line.number"): "Line",
	}
	built := table.NewPanelBuilder().Id(id).Title(p.title).Description(p.description).Datasource(source).
		Height(8).Span(p.width).NoValue("").
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}})
	first := "Value #" + refID(0)
	if len(p.queries) == 1 {
		first = "Value"
	}
	for i, q := range p.queries {
		column, unit := "Value #"+refID(i), q.unit
		if i == 0 {
			column = first
		}
		if unit == "" {
			unit = p.unit
		}
		built.OverrideByName(q.legend, []dashboard.DynamicConfigValue{{Id: "unit", Value: unit}})
		titles[column] = q.legend
	}
	return built.
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]bool{"Time": true}, "renameByName": titles,
		}}).
		OverrideByName("Finding", []dashboard.DynamicConfigValue{{Id: "links", Value: []map[string]any{
			{"title": "What ${__value.text} means", "url": findings, "targetBlank": true},
		}}}).
		SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(p.queries[0].legend).Desc(true),
		})
}
