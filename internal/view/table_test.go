package view

import (
	"strings"
	"testing"
)

func TestTableIsAlignedWhateverIsInIt(t *testing.T) {
	var b strings.Builder
	err := Table(&b, [][]string{{"PID", "SERVICE", "EXECUTABLE"}, {"7", "日本\x1b[2J", "/srv/a\tb"}, {"4711", strings.Repeat("x", 2*maxCell), strings.Repeat("y", 2*maxCell)}})
	if err != nil {
		t.Fatal(err)
	}
	space := strings.Repeat(" ", maxCell-len("SERVICE"))
	want := "PID   SERVICE" + space + "  EXECUTABLE\n" +
		"7     日本\ufffd[2J" + space[1:] + "  /srv/a b\n" +
		"4711  " + strings.Repeat("x", maxCell-1) + "…  " + strings.Repeat("y", 2*maxCell) + "\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
