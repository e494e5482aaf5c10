// Package export sends and writes Reports: as OTLP metrics over gRPC or HTTP, and as JSON; and
// samples as a pprof profile. All metrics are in one table, metrics.go, from which
// docs/metrics.md is generated. Package analyzer decides whether a figure can be given:
// what a Report omits is omitted here too. Close a Sender: it stops sending, and delivers
// the last totals.
package export

//go:generate go run ./gendocs -o ../../docs/metrics.md
