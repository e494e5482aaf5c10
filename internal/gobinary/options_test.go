package gobinary

import (
	"slices"
	"testing"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// TestOptions finds the options that a program calls, although they are inlined, and who calls them.
func TestOptions(t *testing.T) {
	b, r := readCounted(t)
	found, err := b.Options()
	if err != nil {
		t.Fatal(err)
	}
	const queue = "go.opentelemetry.io/otel/sdk/trace.WithMaxQueueSize"
	at := slices.IndexFunc(found, func(o snapshot.Option) bool { return o.Function == queue })
	if at < 0 || !slices.Contains(found[at].Callers, "main.run") {
		t.Errorf("%s is not called by main.run in %+v", queue, found)
	}
	if slices.ContainsFunc(found, func(o snapshot.Option) bool {
		return o.Function == "go.opentelemetry.io/otel/sdk/trace.WithoutPanicRecording"
	}) {
		t.Error("an option that the linker has dropped is listed")
	}
	before := r.bytes.Load()
	if again, err := b.Options(); err != nil || len(again) != len(found) || r.bytes.Load() != before {
		t.Errorf("the second time: %d options, %v, %d bytes read", len(again), err, r.bytes.Load()-before)
	}
}

func TestCallerIn(t *testing.T) {
	for _, test := range []struct{ name, caller, option string }{
		{"main.setup.WithSampler.func1", "main.setup", "WithSampler"},
		{"example.org/a/b.(*T).start.func2.WithBatcher.func10", "example.org/a/b.(*T).start.func2", "WithBatcher"},
		{"main.setup.WithEndpoint.WithEndpoint.func3", "main.setup", "WithEndpoint"},
		{"go.opentelemetry.io/otel/sdk/trace.WithSampler.func1", "", ""},
		{"go.opentelemetry.io/otel/sdk/trace.WithSampler", "", ""},
		{"main.WithSampler.func1", "", ""},
		{"main.f.func1", "", ""},
		{".With.func", "", ""},
		{"", "", ""},
	} {
		caller, option, ok := callerIn([]byte(test.name))
		if ok != (test.caller != "") || ok && (string(caller) != test.caller || string(option) != test.option) {
			t.Errorf("%q: got %q and %q, want %q and %q", test.name, caller, option, test.caller, test.option)
		}
	}
}
