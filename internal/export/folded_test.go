package export

import (
	"strings"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/testsnapshot"
)

func TestFolded(t *testing.T) {
	s := testsnapshot.Busy()
	s.Samples = snapshot.Samples{Hz: 100, Stacks: []snapshot.Stack{
		testsnapshot.Stack(23, "main.sum[go.shape.struct { a; b }]", "main.main"),
		testsnapshot.Stack(4, "", "main.\x1b[2Jwork\nx 9", "main.main"),
	}}
	other := testsnapshot.Busy()
	other.Target.PID, other.Target.ServiceName = 4712, ""
	other.Samples.Stacks = []snapshot.Stack{testsnapshot.Stack(1, "main.main")}
	for _, test := range []struct {
		targets []snapshot.Snapshot
		want    string
	}{
		{[]snapshot.Snapshot{s}, "checkout;main.main;main.sum[go.shape.struct { a, b }] 23\n" +
			"checkout;main.main;main.\ufffd[2Jwork x 9;[not Go] 4\n"},
		{[]snapshot.Snapshot{other, other}, "checkout (pid 4712);main.main 1\ncheckout (pid 4712);main.main 1\n"},
		{nil, ""},
	} {
		var b strings.Builder
		if err := Folded(&b, test.targets); err != nil || b.String() != test.want {
			t.Errorf("got %q, %v; want %q", b.String(), err, test.want)
		}
	}
}
