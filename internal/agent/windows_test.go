package agent

import (
	"testing"
	"time"
)

func TestCountedUntil(t *testing.T) {
	crossed := monotonicNS() - uint64(time.Hour)
	if ago := time.Since(countedUntil(crossed, false)); ago > time.Minute {
		t.Errorf("a window that has something left counted until %v ago", ago)
	}
	if ago := time.Since(countedUntil(crossed, true)); ago < time.Hour || ago > time.Hour+time.Minute {
		t.Errorf("a window whose allowance was spent an hour ago counted until %v ago", ago)
	}
}
