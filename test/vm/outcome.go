package main

import (
	"bufio"
	"cmp"
	"io"
	"regexp"
	"strings"
)

// outcome is what came of the tests in one machine.
type outcome struct {
	Passed   int
	Failed   map[string]string // what the test said last, by test
	Flaky    map[string]string // the same, of tests that passed when run once more
	Skipped  map[string]string // why, by test
	Finished bool              // every suite ran to its end
}

// result matches the lines of go test -v that tell a test's end, subtests'
// too, such as
//
//	--- PASS: TestEveryCallIsCounted (1.23s)
//	    --- SKIP: TestEveryCallIsCounted/uprobe_multi (0.01s)
var result = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+) `)

// running matches the lines that tell whose output follows:
//
//	=== RUN   TestEveryCallIsCounted/uprobe_multi
var running = regexp.MustCompile(`^=== (?:RUN|NAME|CONT)\s+(\S+)$`)

// reason matches what a test printed, t.Skip's the last of it:
//
//	linkage_test.go:26: KERNEL TEST NOT RUN: it needs root
var reason = regexp.MustCompile(`^\s+\w+_test\.go:\d+: (.*)`)

// parseConsole reads what a machine printed.
func parseConsole(console io.Reader) outcome {
	o := outcome{Failed: map[string]string{}, Flaky: map[string]string{}, Skipped: map[string]string{}}
	lines := bufio.NewScanner(console)
	lines.Buffer(nil, 1<<20)
	current, said := "", map[string]string{}
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		if why := reason.FindStringSubmatch(line); why != nil {
			said[current] = why[1]
		}
		if test := running.FindStringSubmatch(line); test != nil {
			current = test[1]
		}
		o.Finished = o.Finished || line == allDone
		match := result.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		switch verdict, test := match[1], match[2]; verdict {
		case "PASS":
			o.Passed++
			if why, again := o.Failed[test]; again {
				o.Flaky[test] = why
				delete(o.Failed, test)
			}
		case "FAIL":
			o.Failed[test] = cmp.Or(said[test], "see the console")
		case "SKIP":
			o.Skipped[test] = cmp.Or(said[test], "no reason given")
		}
	}
	return o
}

// allDone is the last line of a machine whose suites all ran to their end,
// whatever their tests said.
const allDone = "otwatch-vm: all done"
