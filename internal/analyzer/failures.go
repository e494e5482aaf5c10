package analyzer

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/otwatch/otwatch/internal/failure"
	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// maxErrors bounds the errors that a report lists.
const maxErrors = 16

// Unrecorded is why an error has no text in recordings of earlier versions.
const Unrecorded = "the recording does not have it"

// ExportErrors are why the exports of spans failed, the most frequent first.
func ExportErrors(exports []snapshot.Exporter) []report.ExportError {
	errors := []report.ExportError{}
	for _, x := range exports {
		errors = addErrors(errors, ExporterName(x), x.Target, x.Reasons, x.Errors)
	}
	return mostFrequent(errors)
}

// ExporterName is the otel.component.name of an exporter.
func ExporterName(x snapshot.Exporter) string { return componentName(x.Component, x.Index) }

// pipelineErrors are why the exports of metrics or logs failed, the most frequent first.
func pipelineErrors(p snapshot.Pipeline) []report.ExportError {
	return mostFrequent(addErrors([]report.ExportError{}, p.Signal, "", p.Reasons, p.Calls.Errors))
}

// addErrors adds the failures of one exporter to a list, those of one kind together. returned
// is how many errors it has returned.
func addErrors(list []report.ExportError, exporter, target string, failures []snapshot.Failure, returned uint64) []report.ExportError {
	var described uint64
	for _, f := range failures {
		if !f.Message {
			described += f.Count
		}
		list = addError(list, errorOf(exporter, target, f))
	}
	if returned > described {
		list = addError(list, report.ExportError{Exporter: exporter, Class: string(failure.Unread), Why: Unrecorded, Count: returned - described})
	}
	return list
}

func addError(list []report.ExportError, next report.ExportError) []report.ExportError {
	for i, e := range list {
		if e.Exporter == next.Exporter && e.Class == next.Class && e.Code == next.Code && e.Path == next.Path && e.Why == next.Why {
			if next.Last.Before(e.Last) {
				next.Text, next.Last = e.Text, e.Last
			}
			if e.First.Before(next.First) {
				next.First = e.First
			}
			next.Count += e.Count
			list[i] = next
			return list
		}
	}
	return append(list, next)
}

// errorOf says which kind of error a failure is.
func errorOf(exporter, target string, f snapshot.Failure) report.ExportError {
	e := report.ExportError{Exporter: exporter, Text: f.Text, Why: f.Unread, Count: f.Count, First: f.First, Last: f.Last}
	if f.Message {
		e.Class = string(failure.Partial)
		return e
	}
	of := failure.Classify(f.Text)
	e.Class, e.Code = string(of.Class), of.Code
	if of.Class == failure.Partial {
		e.Text = of.Message
	}
	e.Path = pathOf(cmp.Or(of.URL, target))
	return e
}

// pathOf is the path of a URL; "" if it has none.
func pathOf(text string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" {
		return ""
	}
	return parsed.Path
}

func mostFrequent(errors []report.ExportError) []report.ExportError {
	slices.SortStableFunc(errors, func(a, b report.ExportError) int { return cmp.Compare(b.Count, a.Count) })
	return errors[:min(len(errors), maxErrors)]
}
