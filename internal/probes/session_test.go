package probes

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"go.opentelemetry.io/otel/sdk"

	"github.com/otwatch/otwatch/internal/layout"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/testtarget"
)

func newSession(t *testing.T) *Session {
	t.Helper()
	testtarget.NeedRoot(t)
	session, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}

func attachTo(t *testing.T, session *Session, program *testtarget.Target) *Attachment {
	t.Helper()
	process, err := target.Open(program.PID())
	if err != nil {
		t.Fatal(err)
	}
	attachment, err := session.Attach(process)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attachment.Close(); process.Close() })
	return attachment
}

const unlimited = time.Duration(1<<63 - 1)

func open(t *testing.T, a *Attachment, group Group, limit time.Duration) {
	t.Helper()
	openWith(t, a, group, Allowance{Limit: limit})
}

// openWith opens a group with an allowance in which hits cost what was measured.
func openWith(t *testing.T, a *Attachment, group Group, allowance Allowance) {
	t.Helper()
	if err := a.Open(group); err != nil {
		t.Fatal(err)
	}
	allowance.Charge = a.session.Cost().Charged()
	if err := a.Allow(group, allowance); err != nil {
		t.Fatal(err)
	}
}

func usage(t *testing.T, a *Attachment) Usage {
	t.Helper()
	u, err := a.Usage()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCostIsMeasured(t *testing.T) {
	cost := newSession(t).Cost()
	if cost.Emulated <= 0 || cost.Stepped < cost.Emulated {
		t.Errorf("a hit was measured at %v, single-stepped at %v", cost.Emulated, cost.Stepped)
	}
}

// entryCharge is what a hit after the stack check is charged: the instruction there is
// emulated on amd64 and single-stepped on arm64.
func entryCharge(session *Session, a *Attachment) time.Duration {
	if a.placed[Spans][0].stepped {
		return session.Cost().Charged().Stepped
	}
	return session.Cost().Charged().Emulated
}

// TestEveryCallIsCounted makes 23 spans and wants 23 of each.
func TestEveryCallIsCounted(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "23")
		a := attachTo(t, session, program)
		open(t, a, Spans, unlimited)
		open(t, a, Discovery, unlimited)
		program.Begin()
		program.AwaitLoad()
		u := usage(t, a)
		for _, name := range []string{"start", "end", "recording", "span", "enqueue"} {
			if u.Calls[name] != 23 {
				t.Errorf("%s was called %d times, want 23", name, u.Calls[name])
			}
		}
		if want := 23 * entryCharge(session, a); u.Spent[Discovery] != want || u.Spent[Spans] != 4*want {
			t.Errorf("discovery was charged %v and spans %v, want %v and four times that", u.Spent[Discovery], u.Spent[Spans], want)
		}
		if err := session.Drain(); err != nil {
			t.Fatal(err)
		}
		if n := len(a.Take().Sightings); n != 23 {
			t.Errorf("%d sightings, want 23", n)
		}
	})
}

// TestEndsAreCountedOnce calls End three times for each span.
func TestEndsAreCountedOnce(t *testing.T) {
	fields, err := layout.SDK.Of("v" + sdk.Version())
	if err != nil {
		t.Fatal(err)
	}
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		for _, test := range []struct {
			name         string
			offset, want uint64
		}{{"where the end time is known", fields[layout.SpanEndTime], 23}, {"where it is not", 0, 69}} {
			program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "23", "-ends", "3")
			a := attachTo(t, session, program)
			openWith(t, a, Spans, Allowance{Limit: unlimited, EndTimeOffset: test.offset})
			program.Begin()
			program.AwaitLoad()
			if got := usage(t, a).Calls["end"]; got != test.want {
				t.Errorf("%s: %d ends, want %d", test.name, got, test.want)
			}
		}
	})
}

// TestRecordedOnlySpansAreCounted samples one span in four, and records all.
func TestRecordedOnlySpansAreCounted(t *testing.T) {
	fields, err := layout.SDK.Of("v" + sdk.Version())
	if err != nil {
		t.Fatal(err)
	}
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "23", "-recorded", "4", "-ends", "2")
		a := attachTo(t, session, program)
		openWith(t, a, Spans, Allowance{Limit: unlimited, EndTimeOffset: fields[layout.SpanEndTime],
			SpanIDOffset: fields[layout.SpanContext] + 16, ParentOffset: fields[layout.SpanParent] + 16})
		program.Begin()
		program.AwaitLoad()
		if u := usage(t, a); u.Calls["end"] != 23 || u.Calls[Unsampled] != 17 {
			t.Errorf("%d ends, %d of spans that are recorded only, want 23 and 17", u.Calls["end"], u.Calls[Unsampled])
		}
		want := []snapshot.Started{{Parent: snapshot.NoParent, Sampling: snapshot.RecordOnly, Spans: 17}, {Parent: snapshot.NoParent, Sampling: snapshot.RecordAndSample, Spans: 6}}
		if got := usage(t, a).Started.List(); !slices.Equal(got, want) {
			t.Errorf("started %v, want %v", got, want)
		}
	})
}

// TestOverspentIsReported stops a group's hits soon after its allowance is spent.
func TestOverspentIsReported(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-rate", "1000", "-spans", "3001")
		a := attachTo(t, session, program)
		open(t, a, Spans, 100*entryCharge(session, a))
		program.Begin()
		select {
		case group := <-a.Overspent():
			if group != Spans {
				t.Errorf("%v has overspent, want %v", group, Spans)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("nothing was reported")
		}
		if err := a.Shut(Spans); err != nil {
			t.Fatal(err)
		}
		shut := usage(t, a)
		if calls := shut.Calls["start"] + shut.Calls["end"] + shut.Calls["recording"] + shut.Calls["span"]; calls < 100 || calls > 110 {
			t.Errorf("%d calls were counted on an allowance of 100", calls)
		}
		if shut.Hits > 4000 {
			t.Errorf("there were %d hits on an allowance of 100", shut.Hits)
		}
		program.AwaitLoad()
		if after := usage(t, a).Hits; after != shut.Hits {
			t.Errorf("there were %d hits after the group was shut", after-shut.Hits)
		}
	})
}

// TestSpentProbesGoByThemselves calls Shut only after the hits have ended, under a load
// that goes on, and then opens the group again.
func TestSpentProbesGoByThemselves(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", "127.0.0.1:1", "-rate", "1000", "-spans", "1000000")
		a := attachTo(t, session, program)
		program.Begin()
		for range 3 {
			open(t, a, Spans, usage(t, a).Spent[Spans]+100*entryCharge(session, a))
			<-a.Overspent()
			deadline := time.Now().Add(30 * time.Second)
			for hits := uint64(0); hits != usage(t, a).Hits; time.Sleep(300 * time.Millisecond) {
				if hits = usage(t, a).Hits; time.Now().After(deadline) {
					t.Fatal("the hits do not end")
				}
			}
			if err := a.Shut(Spans); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAttachTwiceIsRefused(t *testing.T) {
	session := newSession(t)
	program := testtarget.Start(t, "-endpoint", "127.0.0.1:1")
	attachTo(t, session, program)
	process, err := target.Open(program.PID())
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	if a, err := session.Attach(process); err == nil {
		a.Close()
		t.Error("a second attachment of one session was made")
	}
}

// TestMapsAreEmptyAfterwards leaves no entry behind.
func TestMapsAreEmptyAfterwards(t *testing.T) {
	onEveryLinkage(t, func(t *testing.T, session *Session) {
		program := testtarget.Start(t, "-endpoint", testtarget.Receive(t, testtarget.Accept), "-spans", "23")
		a := attachTo(t, session, program)
		for _, group := range Groups {
			open(t, a, group, unlimited)
		}
		program.Begin()
		program.AwaitLoad()
		program.Shutdown()
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		maps := &session.objects.bpfMaps
		for name, m := range map[string]*ebpf.Map{
			"counters": maps.Counters, "accounts": maps.Accounts, "allowances": maps.Allowances, "losses": maps.Losses, "flights": maps.Flights,
		} {
			next := make([]byte, m.KeySize())
			if err := m.NextKey(nil, &next); !errors.Is(err, ebpf.ErrKeyNotExist) {
				t.Errorf("map %s still has an entry, of key %x: %v", name, next, err)
			}
		}
	})
}
