package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one kernel on one architecture.
type row struct {
	Kernel, Arch string
	Release      string // "" if the kernel could not be had
	NotRun       string // why nothing is known, or not all
	outcome
}

// ok reports whether every test ran, and none failed.
func (r row) ok() bool { return r.NotRun == "" && r.Failed == 0 && r.Passed > 0 }

// writeTable prints all rows, then why tests were skipped and which failed.
func writeTable(to io.Writer, rows []row) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KERNEL\tARCH\tRELEASE\tPASSED\tFAILED\tSKIPPED\t")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.Kernel, r.Arch, r.Release, r.Passed, r.Failed, len(r.Skipped), r.NotRun)
	}
	table.Flush()
	for _, r := range rows {
		for _, why := range slices.Sorted(maps.Keys(byReason(r.Skipped))) {
			fmt.Fprintf(to, "%s %s skipped %s: %s\n", r.Kernel, r.Arch, strings.Join(byReason(r.Skipped)[why], ", "), why)
		}
		for _, test := range r.FailedTests {
			fmt.Fprintf(to, "%s %s FAILED %s\n", r.Kernel, r.Arch, test)
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
