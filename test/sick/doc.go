// Package sick tries the findings on programs that have what they are about, and
// on healthy ones: testdata/targets/patient, as ill as a row of the table says,
// with parameters drawn at random, before receivers that answer as the row says.
// Each row names the findings that must hold at the end; any other finding, at
// any time, fails it, but for those that the row lists as to be expected beside.
//
// TestLive watches them with the real otwatch. TestRecorded judges what otwatch
// recorded of them once, in every run of the tests, and writes what came of it
// into docs/proof.md:
//
//	go test ./test/sick -run 'TestLive/rows/span-drop' -update   # record one anew
//	go test ./test/sick -run TestRecorded -update                # write the page
package sick
