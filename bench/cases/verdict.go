package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/otwatch/otwatch/internal/compare"
)

// verdict is what did not come out as it must: each finding is to clear, and
// every effect that its advice promised to come true. Of a figure that was to stay
// as it was, it is enough that no change can be claimed.
func (t treatment) verdict() error {
	var errs []error
	for _, f := range t.changed.Remaining {
		if slices.Contains(t.illness.findings, f.ID) {
			errs = append(errs, fmt.Errorf("%s is still there: %s", f.ID, f.Title))
		}
	}
	promised := 0
	for _, e := range t.changed.Expectations {
		if !slices.Contains(t.illness.findings, e.Finding) || !slices.Contains(t.cure.told, e.Advice) {
			continue
		}
		promised++
		stayed := e.Outcome == compare.Unclaimed && e.After != nil
		if e.Outcome != compare.CameTrue && !stayed {
			errs = append(errs, fmt.Errorf("%s of %s was to be %.4g and is %s", e.Figure, e.Finding, e.Expected, measured(e.After)))
		}
	}
	if promised == 0 {
		errs = append(errs, errors.New("the advice promised nothing"))
	}
	return errors.Join(errs...)
}

func measured(f *compare.Figure) string {
	switch {
	case f == nil:
		return "not known"
	case f.Low == nil:
		return fmt.Sprintf("%.4g", f.Value)
	}
	return fmt.Sprintf("%.4g (%.4g to %.4g)", f.Value, *f.Low, *f.High)
}
