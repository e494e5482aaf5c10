package accounting

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestFailures counts why exports fail, dated by the wall clock, and the bytes of those that
// were sent.
func TestFailures(t *testing.T) {
	const refused, invalid = "traces export: connect: connection refused", "traces export: rpc error: code = Internal desc = grpc: error while marshaling: string field contains invalid UTF-8"
	export := func(ended uint64, text, unread string) probes.Call {
		return probes.Call{Of: probes.Export, StartedNS: at(1), EndedNS: ended, Receiver: exporterA, Length: 10, Failed: true, Encoded: 100,
			Error: probes.Error{Text: text, Unread: unread}}
	}
	c := testComponents()
	c.Record(probes.Records{Calls: []probes.Call{
		export(at(2), refused, ""), export(at(3), invalid, ""), export(at(4), refused, ""), export(at(5), "", "too many"),
		{Of: probes.Export, StartedNS: at(1), EndedNS: at(6), Receiver: exporterA, Length: 10, Partial: true, Rejected: 3, Message: "three are bad", Encoded: 100},
		{Of: probes.Export, StartedNS: at(1), EndedNS: at(7), Receiver: exporterA, Length: 10, Encoded: 100},
	}})
	interval := c.Take(nil, 0)
	wall := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	interval.Dated(wall.Sub(time.Unix(0, 0)))
	moment := func(ns uint64) time.Time { return wall.Add(time.Duration(ns)) }
	got := interval.Exports[0]
	if diff := cmp.Diff([]snapshot.Failure{
		{Alike: refused, Text: refused, Count: 2, First: moment(at(2)), Last: moment(at(4))},
		{Alike: "traces export: rpc error: code = Internal desc = grpc: error while marshaling: string field contains invalid UTF-#", Text: invalid, Count: 1, First: moment(at(3)), Last: moment(at(3))},
		{Unread: "too many", Count: 1, First: moment(at(5)), Last: moment(at(5))},
		{Alike: "three are bad", Text: "three are bad", Message: true, Count: 1, First: moment(at(6)), Last: moment(at(6))},
	}, got.Reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Sized != 6 || got.Bytes != 500 {
		t.Errorf("%d bytes in %d exports, want 500 in 6: what could not be encoded was not sent", got.Bytes, got.Sized)
	}
	if got.Errors != 4 || got.Failed != 43 || got.Exported != 17 {
		t.Errorf("%d errors, %d spans failed, %d exported; want 4, 43 and 17", got.Errors, got.Failed, got.Exported)
	}
}

// TestTextsAreReadOnce looks at a text once however often its export is counted, and keeps a
// bounded number of texts.
func TestTextsAreReadOnce(t *testing.T) {
	c := testComponents()
	failed := probes.Call{Of: probes.Export, StartedNS: at(1), EndedNS: at(2), Receiver: exporterA, Length: 1, Failed: true,
		Error: probes.Error{Text: "traces export: rpc error: code = Unavailable desc = memory limit"}}
	unread := failed
	unread.Error = probes.Error{Unread: "there was no room for it"}
	allocations := func(call probes.Call) float64 {
		return testing.AllocsPerRun(10*snapshot.MaxOperations, func() { c.countExport(call, 1, 1) })
	}
	if with, without := allocations(failed), allocations(unread); with > without {
		t.Errorf("%v allocations to count an export again, want %v as without a text", with, without)
	}
	for i := range 2 * maxTexts {
		failed.Error.Text = fmt.Sprintf("no. %d", i)
		c.countExport(failed, 1, 1)
	}
	if n := len(c.texts); n == 0 || n > maxTexts {
		t.Errorf("%d texts are kept, want 1 to %d", n, maxTexts)
	}
}
