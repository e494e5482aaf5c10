package findings

import (
	"slices"
	"testing"
	"time"

	"github.com/otwatch/otwatch/internal/report"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// throttling is an interval with ten periods of a quota.
func throttling(throttled uint64) change {
	return func(s *snapshot.Snapshot) {
		s.Scheduling.Quota = snapshot.Quota{CPUs: 1.5, Periods: 10, Throttled: throttled, Withheld: time.Duration(throttled) * 50 * time.Millisecond}
	}
}

func waiting(ran, waited time.Duration) change {
	return func(s *snapshot.Snapshot) { s.Scheduling.Threads = snapshot.Threads{Ran: ran, Waited: waited} }
}

func builtWith(goVersion string) change {
	return func(s *snapshot.Snapshot) { s.Target.GoVersion = goVersion }
}

// found is the finding of a report with an id.
func found(t *testing.T, r report.Report, id string) report.Finding {
	t.Helper()
	at := slices.IndexFunc(r.Findings, func(f report.Finding) bool { return f.ID == id })
	if at < 0 {
		t.Fatalf("no %s among %v", id, active(r))
	}
	return r.Findings[at]
}

func TestCPUStarved(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		want    string // severity; "" is no finding
	}{
		{"nothing is known", nil, ""},
		{"throttled now and then", []change{throttling(2)}, ""},
		{"throttled in a quarter of the periods", []change{throttling(3)}, "warning"},
		{"throttled in half of the periods", []change{throttling(5)}, "critical"},
		{"runs in few periods", []change{func(s *snapshot.Snapshot) { s.Scheduling.Quota = snapshot.Quota{CPUs: 1, Periods: 1, Throttled: 1} }}, ""},
		{"waits as long as it runs", []change{waiting(time.Second, time.Second)}, "warning"},
		{"waits less than it runs", []change{waiting(time.Second, 990*time.Millisecond)}, ""},
		{"is nearly idle", []change{waiting(40*time.Millisecond, 400*time.Millisecond)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			severity := ""
			for _, f := range judged(report.Limits{}, steadily(test.changes...)...).Findings {
				if f.ID == "cpu-starved" {
					severity = f.Severity
				}
			}
			if severity != test.want {
				t.Errorf("found %q, want %q", severity, test.want)
			}
		})
	}
}

func TestCPUStarvedAdvice(t *testing.T) {
	gomaxprocs := func(goVersion string) string {
		for _, a := range found(t, judged(report.Limits{}, steadily(throttling(9), builtWith(goVersion))...), "cpu-starved").Advice {
			if a.Wanted["GOMAXPROCS"] != "" {
				return a.Wanted["GOMAXPROCS"]
			}
		}
		return ""
	}
	for goVersion, want := range map[string]string{"go1.24.6": "2", "go1.21": "2", "go1.25.0": "", "go1.26.8": "", "devel": "", "": ""} {
		if got := gomaxprocs(goVersion); got != want {
			t.Errorf("built with %q: GOMAXPROCS=%q, want %q", goVersion, got, want)
		}
	}
}

// TestStarvedExportsAreNotTheNetworks has slow exports and an old export in progress, of a
// process that runs freely first, and then is short of CPU.
func TestStarvedExportsAreNotTheNetworks(t *testing.T) {
	slow := took(3*time.Second, 3*time.Second)
	hanging := func(s *snapshot.Snapshot) { took()(s); s.Exports[0].Inflight, s.Exports[0].Waiting = 100, time.Minute }
	for name, exports := range map[string]change{"slow": slow, "hanging": hanging} {
		for cause, starved := range map[string]change{"throttled": throttling(9), "contended": waiting(time.Second, 4*time.Second)} {
			freely, starving := steadily(exports), steadily(exports, starved)
			if f := found(t, judged(report.Limits{}, freely...), "export-slow"); len(f.Advice) == 0 || f.Because != "" {
				t.Errorf("%s, before it was %s: %+v", name, cause, f)
			}
			after := judged(report.Limits{}, append(freely, starving...)...)
			if f := found(t, after, "export-slow"); len(f.Advice) != 0 || f.Because != "cpu-starved" {
				t.Errorf("%s and %s: %+v", name, cause, f)
			}
			if after.Findings[0].ID != "cpu-starved" {
				t.Errorf("%s and %s: the first finding is %s", name, cause, after.Findings[0].ID)
			}
		}
	}
}
