// Package export carries Reports out of otwatch: as OTLP metrics over gRPC,
// as JSON, and what was sampled as a pprof profile. What goes out as a metric stands
// in one table, metrics.go, from which docs/metrics.md is generated; whether a figure
// may be claimed is package analyzer's decision, and what a Report leaves out is left
// out here.
// Close a Sender: it stops the sending and delivers the last totals.
package export

//go:generate go run ./gendocs -o ../../docs/metrics.md
