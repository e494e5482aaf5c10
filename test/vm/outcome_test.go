package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseConsole(t *testing.T) {
	const tests = "=== RUN   TestCount\r\n" +
		"=== RUN   TestCount/uprobe_multi\r\n" +
		"    linkage_test.go:28: KERNEL TEST NOT RUN: not supported\r\n" +
		"=== RUN   TestCount/perf_events\r\n" +
		"--- PASS: TestCount (0.10s)\r\n" +
		"    --- SKIP: TestCount/uprobe_multi (0.00s)\r\n" +
		"    --- PASS: TestCount/perf_events (0.10s)\r\n" +
		"=== RUN   TestExport\r\n" +
		"    export_test.go:7: got 1, want 2\r\n" +
		"--- FAIL: TestExport (0.10s)\r\n"
	const again = "=== RUN   TestExport\r\n--- PASS: TestExport (0.10s)\r\n"
	want := outcome{Passed: 2, Failed: map[string]string{"TestExport": "got 1, want 2"}, Flaky: map[string]string{},
		Skipped: map[string]string{"TestCount/uprobe_multi": "KERNEL TEST NOT RUN: not supported"}}
	finished := want
	finished.Finished = true
	flaky := finished
	flaky.Passed, flaky.Failed, flaky.Flaky = 3, map[string]string{}, want.Failed
	cases := []struct {
		name, console string
		want          outcome
	}{
		{"ran to its end", tests + allDone + "\r\n", finished},
		{"stopped in between", tests, want},
		{"passed at the second run", tests + again + allDone + "\r\n", flaky},
		{"nothing", "", outcome{Failed: map[string]string{}, Flaky: map[string]string{}, Skipped: map[string]string{}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, parseConsole(strings.NewReader(c.console))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
