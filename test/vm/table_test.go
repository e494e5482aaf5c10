package main

import (
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	rows := []*row{
		{Kernel: "5.10", Arch: "arm64", NotRun: "not run: no kernel can be had"},
		{Kernel: "6.1", Arch: "amd64", Release: "6.1.1-cloud-amd64", Took: 61400 * time.Millisecond, outcome: outcome{
			Passed: 7, Failed: map[string]string{"TestD": "got 1"}, Flaky: map[string]string{"TestE": "got 2"}, Finished: true, Skipped: map[string]string{
				"TestB": "no bpf_link_uprobe_multi", "TestA": "no bpf_link_uprobe_multi", "TestC": "it needs root"}}},
	}
	const want = `KERNEL  ARCH   RELEASE            PASSED  FAILED  SKIPPED  TOOK  
5.10    arm64                     0       0       0        0s    not run: no kernel can be had
6.1     amd64  6.1.1-cloud-amd64  7       1       3        1m1s  
6.1 amd64 skipped TestC: it needs root
6.1 amd64 skipped TestA, TestB: no bpf_link_uprobe_multi
6.1 amd64 NOT RUN TestC: nothing is known that this kernel lacks for it
6.1 amd64 FLAKY TestE: got 2; passed at the second run
6.1 amd64 FAILED TestD: got 1
`
	var got strings.Builder
	writeTable(&got, rows)
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestVerdict(t *testing.T) {
	passed := outcome{Passed: 1}
	skipped := outcome{Passed: 1, Skipped: map[string]string{"TestA": "not run: bpf_link_uprobe_multi"}}
	tests := []struct {
		name string
		rows []*row
		ok   bool
	}{
		{"all passed", []*row{{outcome: passed}, {outcome: passed}}, true},
		{"one could not be had", []*row{{outcome: passed}, {NotRun: "not run"}}, false},
		{"one stopped in between", []*row{{outcome: passed, NotRun: "not all run"}}, false},
		{"one failed", []*row{{outcome: outcome{Passed: 1, Failed: map[string]string{"TestA": ""}}}}, false},
		{"nothing was run in one", []*row{{outcome: passed}, {}}, false},
		{"one skipped what its kernel lacks", []*row{{Kernel: "6.1", outcome: skipped}}, true},
		{"one skipped what its kernel has", []*row{{Kernel: "6.18", outcome: skipped}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := verdict(test.rows); (err == nil) != test.ok {
				t.Errorf("error %v, want ok %v", err, test.ok)
			}
		})
	}
}
