// Package defects is the table of known defects and vulnerabilities of OpenTelemetry's Go modules
// and of instrumentation, with the versions that have them. It knows nothing of processes: whether
// a defect shows is package findings' judgement. Nothing needs closing.
package defects
