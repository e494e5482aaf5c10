// Command monitoring writes what a monitoring system needs to show and judge otwatch's
// metrics: Prometheus's rules with their unit tests, and Grafana's dashboard. All of them
// come in two forms, one for each way in which Prometheus names OTLP metrics. Queries are
// written once, with the metrics' own names: a name that internal/export does not have
// is an error. It is a module of its own, so that Grafana's SDK does not come into the
// product's go.mod.
package main

//go:generate go run . -out ..
