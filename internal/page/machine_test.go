package page

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMachineIsNamed(t *testing.T) {
	machine, err := Machine()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"cores", "Linux", runtime.Version()} {
		if !strings.Contains(machine, part) {
			t.Errorf("%q does not name %s", machine, part)
		}
	}
}

func TestMeasuredBeginsWithTheDay(t *testing.T) {
	day := time.Date(2026, 11, 24, 23, 59, 0, 0, time.UTC)
	if got := Measured(day); !strings.HasPrefix(got, "2026-11-24") {
		t.Errorf("measured %q", got)
	}
}
