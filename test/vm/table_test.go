package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	rows := []row{
		{Kernel: "5.10", Arch: "arm64", NotRun: "not run: no kernel can be had"},
		{Kernel: "6.12", Arch: "amd64", Release: "6.12.1-cloud-amd64", outcome: outcome{
			Passed: 7, Failed: 1, FailedTests: []string{"TestC"}, Skipped: map[string]string{"TestB": "no such thing", "TestA": "no such thing"}, Finished: true}},
	}
	const want = `KERNEL  ARCH   RELEASE             PASSED  FAILED  SKIPPED  
5.10    arm64                      0       0       0        not run: no kernel can be had
6.12    amd64  6.12.1-cloud-amd64  7       1       2        
6.12 amd64 skipped TestA, TestB: no such thing
6.12 amd64 FAILED TestC
`
	var got strings.Builder
	writeTable(&got, rows)
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestVerdict(t *testing.T) {
	passed := outcome{Passed: 1}
	tests := []struct {
		name string
		rows []row
		ok   bool
	}{
		{"all passed", []row{{outcome: passed}, {outcome: passed}}, true},
		{"one could not be had", []row{{outcome: passed}, {NotRun: "not run"}}, false},
		{"one stopped in between", []row{{outcome: passed, NotRun: "not all run"}}, false},
		{"one failed", []row{{outcome: outcome{Passed: 1, Failed: 1}}}, false},
		{"nothing was run in one", []row{{outcome: passed}, {}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := verdict(test.rows); (err == nil) != test.ok {
				t.Errorf("error %v, want ok %v", err, test.ok)
			}
		})
	}
}
