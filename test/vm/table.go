package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one kernel on one architecture.
type row struct {
	Kernel, Arch string
	Release      string        // "" if the kernel could not be had
	Took         time.Duration // from power-on to power-off
	NotRun       string        // why nothing is known, or not all
	outcome
}

// ok reports whether every test ran, and none failed, but for what the kernel is
// known to lack.
func (r *row) ok() bool {
	return r.NotRun == "" && len(r.Failed) == 0 && r.Passed > 0 && len(r.unknownSkips()) == 0
}

// unknownSkips lists the skipped tests that the kernel has no excuse for.
func (r *row) unknownSkips() []string {
	var tests []string
	for _, test := range slices.Sorted(maps.Keys(r.Skipped)) {
		if !known(r.Kernel, r.Arch, r.Skipped[test]) {
			tests = append(tests, test)
		}
	}
	return tests
}

// writeTable prints all rows, then why tests were skipped, and which failed
// once or twice.
func writeTable(to io.Writer, rows []*row) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KERNEL\tARCH\tRELEASE\tPASSED\tFAILED\tSKIPPED\tTOOK\t")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%v\t%s\n", r.Kernel, r.Arch, r.Release,
			r.Passed, len(r.Failed), len(r.Skipped), r.Took.Round(time.Second), r.NotRun)
	}
	table.Flush()
	for _, r := range rows {
		byReason := byReason(r.Skipped)
		for _, why := range slices.Sorted(maps.Keys(byReason)) {
			fmt.Fprintf(to, "%s %s skipped %s: %s\n", r.Kernel, r.Arch, strings.Join(byReason[why], ", "), why)
		}
		for _, test := range r.unknownSkips() {
			fmt.Fprintf(to, "%s %s NOT RUN %s: nothing is known that this kernel lacks for it\n", r.Kernel, r.Arch, test)
		}
		for _, test := range slices.Sorted(maps.Keys(r.Flaky)) {
			fmt.Fprintf(to, "%s %s FLAKY %s: %s; passed at the second run\n", r.Kernel, r.Arch, test, r.Flaky[test])
		}
		for _, test := range slices.Sorted(maps.Keys(r.Failed)) {
			fmt.Fprintf(to, "%s %s FAILED %s: %s\n", r.Kernel, r.Arch, test, r.Failed[test])
		}
	}
}

// byReason lists tests, in order, by why they were skipped.
func byReason(skipped map[string]string) map[string][]string {
	tests := map[string][]string{}
	for _, test := range slices.Sorted(maps.Keys(skipped)) {
		tests[skipped[test]] = append(tests[skipped[test]], test)
	}
	return tests
}
