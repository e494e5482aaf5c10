// Package field tries otwatch in the situations that people who run traced Go services
// have reported in public. A row of the table is a program of test/field/programs, with
// parameters and the behaviour of its receiver; the findings that otwatch must name, and
// those that it must not; and figures that must agree with what the program counted and
// what the receiver got. The relations of internal/testreport hold for every report.
//
// What came of each row is committed, in testdata/results.json and docs/field.md. A row
// that is not right stays there, with its verdict. A test fails if a row is worse than its
// committed verdict.
//
//	make field                        # all rows, into docs/field.md: half an hour, root
//	make field ROW=nil_exporter       # one
//	go test ./test/field              # the rows of today, as in CI
package field
