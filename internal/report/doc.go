// Package report holds what otwatch says of targets, as plain values: the Report, whose
// JSON form is otwatch.report/v1, the Limits that findings are judged by, and the Frames
// and Timelines that are made of Reports. Working the figures out is the work of packages
// analyzer, findings and history. There is nothing to close.
package report

//go:generate go run ./gendocs -root ../..
