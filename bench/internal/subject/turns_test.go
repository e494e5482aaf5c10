package subject

import (
	"testing"
	"time"
)

// TestTurnsCostWhatTheyTrace leads a program whose tracing takes more than half of
// its CPU time, and a server that decides by the URL.
func TestTurnsCostWhatTheyTrace(t *testing.T) {
	b := newBench(t)
	server := HTTPServer
	server.Untraced = "/none"
	for _, s := range []Subject{{Program: Load, Rate: 10_000}, {Program: server, Rate: 230}} {
		cores, err := b.Turns(t.Context(), s, 300*time.Millisecond, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(cores) != 3 || cores[0] <= 0 || cores[1] <= 0 || cores[2] <= 0 {
			t.Fatalf("%s: cores busy %v, want three turns", s.Program.name(), cores)
		}
		if s.Program.Untraced == "" && cores[1] > (cores[0]+cores[2])/2 {
			t.Errorf("cores busy %v: the untraced turn costs more than those beside it", cores)
		}
	}
}
