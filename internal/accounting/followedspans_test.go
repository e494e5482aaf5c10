package accounting

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

// scenario is what a target does, second by second, as FollowedSpans sees it.
type scenario struct {
	spans  *FollowedSpans
	memory map[uint64]memory.StartedSpan
	last   memory.Collection
}

const second = uint64(time.Second)

// newScenario has two sites, which differ in the first address of a stack.
func newScenario() *scenario {
	frames := func(stack []uint64) []*snapshot.Frame {
		return []*snapshot.Frame{
			{Function: "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"},
			{Function: map[uint64]string{1: "main.handle", 2: "main.job"}[stack[0]]},
			{Function: "main.main"},
		}
	}
	c := &scenario{spans: NewFollowedSpans(frames, 0), memory: map[uint64]memory.StartedSpan{}}
	c.collectAt(0, 0) // the first one has no predecessor
	c.look(0)
	return c
}

func (c *scenario) start(at, span, id, site uint64) { c.startNamed(at, span, id, site, "") }

func (c *scenario) startNamed(at, span, id, site uint64, name string) {
	c.memory[span] = memory.StartedSpan{ID: id, Bytes: 608}
	c.spans.Record(probes.Records{Starts: []probes.Start{{
		Span: span, ID: id, StartedNS: at * second, StandsFor: 4, Name: name, Goroutine: 5, Stack: []uint64{site, 3},
	}}})
}

// put puts a span that is not followed at an address.
func (c *scenario) put(span, id uint64, ended bool) {
	c.memory[span] = memory.StartedSpan{ID: id, Ended: ended}
}

// collectAt ends a collection that began at a time.
func (c *scenario) collectAt(began, ended uint64) {
	const marked, scanned = 7, 8
	next := memory.Collection{EndedNS: ended*second + 1, Marked: ended*100 + 100}
	next.Controller[marked], next.Controller[marked-6], next.Controller[marked+9] = c.last.Marked, c.last.Marked+1, began*second+1
	next.Controller[marked-4] = c.last.Controller[scanned]
	c.last = next
	c.spans.Record(probes.Records{Collections: []memory.Collection{next}})
}

func (c *scenario) look(at uint64) {
	addresses := c.spans.Addresses()
	found := make([]memory.StartedSpan, len(addresses))
	for i, address := range addresses {
		found[i] = c.memory[address]
	}
	c.spans.Look(addresses, found, at*second, true)
}

func (c *scenario) site(at uint64, name string) snapshot.FollowedSite {
	for _, s := range c.spans.AsOf(at * second).Sites {
		if s.Site.Function == name {
			return s
		}
	}
	return snapshot.FollowedSite{}
}

// named is the site of a name that the first place starts.
func (c *scenario) named(at uint64, name string) snapshot.FollowedSite {
	for _, s := range c.spans.AsOf(at * second).Sites {
		if s.Site.Function == "main.handle" && s.SpanName == name {
			return s
		}
	}
	return snapshot.FollowedSite{}
}

const spanA, spanB = 0xc000100000, 0xc000200000

// TestOutcomes has each way in which a span's end can, or cannot, be seen.
func TestOutcomes(t *testing.T) {
	for _, test := range []struct {
		name                      string
		steps                     func(c *scenario)
		ended, reused, lost, open uint64
	}{
		{"open", func(c *scenario) { c.start(1, spanA, 7, 1); c.look(2) }, 0, 0, 0, 1},
		{"End is seen", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.spans.Record(probes.Records{Ends: []probes.End{{Span: spanA, ID: 7, EndedNS: 2 * second}}})
		}, 1, 0, 0, 0},
		{"its end time is read", func(c *scenario) { c.start(1, spanA, 7, 1); c.put(spanA, 7, true); c.look(2) }, 1, 0, 0, 0},
		{"another span's end at its address", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.spans.Record(probes.Records{Ends: []probes.End{{Span: spanA, ID: 8, EndedNS: 2 * second}}})
		}, 0, 0, 0, 1},
		{"gone, and no collection began since it was seen open: it was abandoned", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.collectAt(2, 3)
			c.look(4)
			c.put(spanA, 9, false)
			c.look(5)
		}, 0, 1, 0, 0},
		{"gone, and one did: it may have been ended", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.look(2)
			c.collectAt(3, 4)
			c.put(spanA, 9, false)
			c.look(5)
		}, 0, 0, 1, 0},
		{"gone after a time in which nobody looked: it may have been ended long before", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.look(2)
			c.collectAt(3, 4)
			c.put(spanA, 9, false)
			c.look(6)
		}, 0, 0, 0, 0},
		{"a collection that began before it was seen open ends after: it was abandoned", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.look(4)
			c.collectAt(2, 5)
			c.put(spanA, 9, false)
			c.look(6)
		}, 0, 1, 0, 0},
		{"a collection went unseen", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.look(3)
			c.last.Marked++ // there was one of which no record came
			c.collectAt(2, 4)
			c.put(spanA, 9, false)
			c.look(5)
		}, 0, 0, 1, 0},
		{"its memory cannot be read", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.collectAt(2, 3)
			c.look(4)
			delete(c.memory, spanA)
			c.look(5)
		}, 0, 1, 0, 0},
		{"another followed span starts at its address", func(c *scenario) {
			c.start(1, spanA, 7, 1)
			c.collectAt(2, 3)
			c.look(4)
			c.start(5, spanA, 8, 1)
			c.look(6)
		}, 0, 1, 0, 1},
		{"it ends, and another starts at its address, in one batch of records", func(c *scenario) {
			c.spans.Record(probes.Records{
				Starts: []probes.Start{{Span: spanA, ID: 8, StartedNS: 4 * second, Stack: []uint64{1}}, {Span: spanA, ID: 7, StartedNS: second, Stack: []uint64{1}}},
				Ends:   []probes.End{{Span: spanA, ID: 7, EndedNS: 2 * second}},
			})
		}, 1, 0, 0, 1},
		{"read before it started", func(c *scenario) {
			addresses := []uint64{spanA}
			c.start(3, spanA, 7, 1)
			c.spans.Look(addresses, []memory.StartedSpan{{ID: 1}}, 2*second, true)
		}, 0, 0, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newScenario()
			test.steps(c)
			s := c.site(9, "main.handle")
			got := [4]uint64{s.Ended.Total(), s.Reused.Total(), s.Lost.Total(), s.Open.Total()}
			if want := [4]uint64{test.ended, test.reused, test.lost, test.open}; got != want {
				t.Errorf("ended, reused, lost, open: %v, want %v", got, want)
			}
		})
	}
}

// TestHeldOutlivesCollections counts a span as held when it has survived as many
// collections as the memory of ended spans does.
func TestHeldOutlivesCollections(t *testing.T) {
	c := newScenario()
	c.start(1, spanA, 7, 1)
	for n := range uint64(defaultCollections) {
		if s := c.site(2+n, "main.handle"); s.Held.Total() != 0 {
			t.Errorf("held after %d collections, of %d", n, defaultCollections)
		}
		c.collectAt(2+n, 2+n)
		c.look(3 + n)
	}
	s := c.site(60, "main.handle")
	if s.Held.Total() != 1 || s.HeldBytes != 608 || s.Oldest != 59*time.Second {
		t.Errorf("%+v, want one held of 608 bytes for 59 s", s)
	}
}

func TestSitesAndWeights(t *testing.T) {
	c := newScenario()
	c.start(1, spanA, 7, 1)
	c.start(1, spanB, 8, 2)
	got := c.spans.AsOf(2 * second)
	if len(got.Sites) != 2 {
		t.Fatalf("%+v", got)
	}
	want := snapshot.FollowedSite{
		Site: snapshot.Frame{Function: "main.handle"}, Caller: snapshot.Frame{Function: "main.main"}, Followed: 1, Weight: 4, Oldest: time.Second,
	}
	want.Open.Add(time.Second)
	want.Latest = time.Second
	if diff := cmp.Diff(want, got.Sites[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOneSiteLeavesRoom has one site that leaks every span.
func TestOneSiteLeavesRoom(t *testing.T) {
	c := newScenario()
	for n := range uint64(maxOpenAtSite + 10) {
		c.start(1, spanA+n*512, n+1, 1)
	}
	c.start(1, spanB, 9999, 2)
	leaky, other := c.site(2, "main.handle"), c.site(2, "main.job")
	if leaky.Followed != maxOpenAtSite || leaky.Weight != 4*(maxOpenAtSite+10) || other.Followed != 1 {
		t.Errorf("followed %d of weight %d, and %d of the other", leaky.Followed, leaky.Weight, other.Followed)
	}
	if got := c.spans.AsOf(2 * second).Unfollowed; got != 10 {
		t.Errorf("unfollowed %d, want 10", got)
	}
}

// TestOldCohortsAreForgotten, except for their spans that are held.
func TestOldCohortsAreForgotten(t *testing.T) {
	c := newScenario()
	c.start(1, spanA, 7, 1)
	for n := range uint64(defaultCollections) {
		c.collectAt(2+n, 2+n)
	}
	minute := uint64(60)
	c.look(11 * minute)
	if s := c.site(11*minute, "main.handle"); s.Followed != 1 || s.Held.Total() != 1 {
		t.Errorf("after one turn: %+v", s)
	}
	c.look(22 * minute)
	if s := c.site(22*minute, "main.handle"); s.Followed != 0 || s.Held.Total() != 0 || s.Older != 1 || s.HeldBytes != 608 {
		t.Errorf("after two: %+v", s)
	}
	c.put(spanA, 7, true)
	c.look(23 * minute)
	c.look(34 * minute)
	c.look(45 * minute)
	if n := len(c.spans.sites); n != 0 {
		t.Errorf("%d sites are remembered of which nothing is left", n)
	}
}

func TestMemoryReuse(t *testing.T) {
	for _, test := range []struct {
		name      string
		after     []uint64 // collections after which a control's memory was used again
		want      uint64
		lingering uint64 // of the controls, 60 for each of after
	}{
		{"too few", nil, defaultCollections, 0},
		{"at once", []uint64{1, 2}, minCollections, 0},
		{"slowly", []uint64{1, 7}, 7, 0},
		{"at last", []uint64{1, maxCollections}, maxCollections, 0},
		{"half of them never", []uint64{1, maxCollections + 3}, maxCollections, 2 * minControls},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r memoryReuse
			for n := range uint64(minControls * 2 * len(test.after)) {
				r.add(n, 1, 10, false)
				after := test.after[n%uint64(len(test.after))]
				r.look(n, memory.StartedSpan{ID: 1}, 10+min(after-1, maxCollections))
				r.look(n, memory.StartedSpan{ID: 2}, 10+after)
			}
			if got := r.collections(); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
			if got := r.lingering(test.want); got != test.lingering {
				t.Errorf("%d linger, want %d", got, test.lingering)
			}
			if len(r.controls) != 0 {
				t.Errorf("%d controls are left", len(r.controls))
			}
		})
	}
}

// TestControlsWaitForACollection before they are read again.
func TestControlsWaitForACollection(t *testing.T) {
	var r memoryReuse
	r.add(1, 7, 3, false)
	r.add(2, 7, 3, true) // whose end time is to be looked for
	if got := r.addresses(nil, 3); !slices.Equal(got, []uint64{2}) {
		t.Errorf("at first %v are looked at, want 2 alone", got)
	}
	r.look(2, memory.StartedSpan{ID: 7, Ended: true}, 3)
	if got := r.addresses(nil, 3); len(got) > 0 {
		t.Errorf("before any collection %v are looked at", got)
	}
	if got := r.addresses(nil, 4); len(got) != 2 {
		t.Errorf("after one %v are looked at, want both", got)
	}
}

// TestFirstLooks counts what the first look after an end finds, once, and only for ends
// that a probe has seen.
func TestFirstLooks(t *testing.T) {
	var r memoryReuse
	r.add(1, 7, 0, true)
	r.add(2, 7, 0, true)
	r.add(3, 7, 0, false)
	for _, id := range []uint64{7, 7, 9} {
		r.look(1, memory.StartedSpan{ID: id, Ended: true}, 0)
	}
	r.look(2, memory.StartedSpan{ID: 9}, 0)
	r.look(3, memory.StartedSpan{ID: 9}, 0)
	if r.kept != 1 || r.gone != 1 {
		t.Errorf("kept %d, gone %d, want one each", r.kept, r.gone)
	}
}

// TestMisread rejects the layout if spans whose End was seen have no end time.
func TestMisread(t *testing.T) {
	for _, test := range []struct {
		name         string
		spans, blank uint64
		credible     bool
	}{
		{"too few", minControls - 1, minControls - 1, true},
		{"some were read in the middle of End", 100, 10, true},
		{"all", 100, 100, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r memoryReuse
			for n := range test.spans {
				r.add(n, 7, 0, true)
				r.look(n, memory.StartedSpan{ID: 7, Ended: n >= test.blank}, 0)
			}
			if r.credible() != test.credible {
				t.Errorf("credible: %v", r.credible())
			}
		})
	}
}

func TestStartSite(t *testing.T) {
	frame := func(function string) *snapshot.Frame { return &snapshot.Frame{Function: function, Line: 1} }
	start, global := frame("go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"), frame("go.opentelemetry.io/otel/internal/global.(*tracer).Start")
	contrib, mine, other := frame("go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc.(*serverHandler).TagRPC"), frame("main.handle"), frame("go.opentelemetry.io/otelmine.Start")
	router := &snapshot.Frame{Function: "example.org/router.(*Mux).ServeHTTP", File: "/root/go/pkg/mod/example.org/router@v1.2.3/mux.go", Line: 1}
	http := frame("net/http.(*Client).Do")
	none := &snapshot.Frame{}
	for _, test := range []struct {
		name              string
		stack             []*snapshot.Frame
		site, caller, own *snapshot.Frame
	}{
		{"the application's", []*snapshot.Frame{start, mine, frame("main.main")}, mine, frame("main.main"), none},
		{"through the global tracer", []*snapshot.Frame{start, global, mine}, mine, none, none},
		{"instrumentation's", []*snapshot.Frame{start, contrib, mine}, contrib, mine, mine},
		{"instrumentation's, through the standard library and another module", []*snapshot.Frame{start, contrib, http, router, mine, frame("main.main")}, contrib, http, mine},
		{"instrumentation's, without code of the program", []*snapshot.Frame{start, contrib, http, router}, contrib, http, none},
		{"a package of a like name", []*snapshot.Frame{start, other, mine}, other, mine, none},
		{"by way of a method value", []*snapshot.Frame{start, mine, {Function: "main.handle-fm", File: autogenerated, Line: 1}, frame("main.main")}, mine, frame("main.main"), none},
		{"nothing but the SDK", []*snapshot.Frame{start}, none, none, none},
		{"nothing", nil, none, none, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			if site, caller, own := startSite(test.stack); site != *test.site || caller != *test.caller || own != *test.own {
				t.Errorf("%v, called by %v, own code %v", site, caller, own)
			}
		})
	}
}

// TestOpenNames has spans of a site that stay open, one that ends early, and one without a name.
func TestOpenNames(t *testing.T) {
	c := newScenario()
	for i, name := range []string{"GET /watch", "", "GET /cart"} {
		c.startNamed(1, spanA+uint64(i)*512, uint64(i+7), 1, name)
	}
	c.look(1)
	if got := c.named(1, "GET /watch").OpenNames; len(got) > 0 {
		t.Errorf("names %q at once", got)
	}
	c.put(spanA+2*512, 9, true)
	c.look(12)
	c.put(spanA, 99, false) // abandoned
	c.look(13)
	for name, want := range map[string][]string{"GET /watch": {"GET /watch"}, "": nil, "GET /cart": nil} {
		if got := c.named(13, name).OpenNames; !slices.Equal(got, want) {
			t.Errorf("%q: names %q, want %q", name, got, want)
		}
	}
}

// TestOneSiteForEachName has a place that starts spans of more names than it may have sites, and
// more open ones than it may have.
func TestOneSiteForEachName(t *testing.T) {
	c := newScenario()
	for i := range uint64(maxNamesAtPlace + 5) {
		c.startNamed(1, spanA+i*512, i+1, 1, "GET /"+strconv.Itoa(int(i)))
	}
	c.startNamed(1, spanB, 9999, 2, "GET /1")
	sites := c.spans.AsOf(2 * second).Sites
	if len(sites) != maxNamesAtPlace+2 {
		t.Fatalf("%d sites", len(sites))
	}
	if s := sites[1]; s.SpanName != "GET /1" || s.Followed != 1 || s.OtherNames {
		t.Errorf("%+v", s)
	}
	if s := sites[maxNamesAtPlace]; s.SpanName != "" || s.Followed != 5 || !s.OtherNames || s.Latest != time.Second {
		t.Errorf("others: %+v", s)
	}
	if s := sites[maxNamesAtPlace+1]; s.SpanName != "GET /1" || s.Site.Function != "main.job" {
		t.Errorf("the other place: %+v", s)
	}
	for i := range uint64(3 * maxOpenAtSite) {
		c.startNamed(1, spanB+(i+1)*512, 10_000+i, 2, []string{"a", "b", "c"}[i%3])
	}
	if got := c.spans.sites[len(c.spans.sites)-1].place.open; got != maxOpenAtPlace {
		t.Errorf("%d are open at a place, want %d", got, maxOpenAtPlace)
	}
}

// TestCallsUnderWay has the handler of a stream, whose span is not in Open while it runs, and the
// loop of a worker, which has started another span since.
func TestCallsUnderWay(t *testing.T) {
	c := newScenario()
	c.start(1, spanA, 7, 1)
	if _, _, _, ok := c.spans.Unchecked(9 * second); ok {
		t.Error("a young span is to be checked")
	}
	span, goroutine, returnsTo, ok := c.spans.Unchecked(20 * second)
	if span != spanA || goroutine != 5 || returnsTo != 3 || !ok {
		t.Fatalf("%#x, goroutine %d, returns to %d, %v", span, goroutine, returnsTo, ok)
	}
	c.spans.Checked(span, true, true, 20*second)
	if _, _, _, ok := c.spans.Unchecked(21 * second); ok {
		t.Error("it is to be checked again at once")
	}
	if s := c.site(22, "main.handle"); s.Running.Total() != 1 || s.Open.Total() != 0 || s.Oldest != 21*time.Second {
		t.Errorf("under way: %+v", s)
	}
	c.spans.Checked(span, false, false, 25*second)
	if s := c.site(26, "main.handle"); s.Running.Total() != 1 {
		t.Errorf("not known for once: %+v", s)
	}
	c.start(30, spanB, 8, 1)
	c.spans.Checked(span, true, true, 31*second)
	c.spans.Checked(span, true, true, 37*second)
	if s := c.site(38, "main.handle"); s.Running.Total() != 0 || s.Open.Total() != 2 {
		t.Errorf("the goroutine has started another span: %+v", s)
	}
}

func TestReturnOf(t *testing.T) {
	functions := map[uint64][]*snapshot.Frame{
		1: {{Function: "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start"}}, 2: {{Function: "main.newSpan"}}, 3: {{Function: "main.handle"}},
		4: {{Function: "net/http.(*conn).serve"}}, 5: {{Function: "main.newSpan"}, {Function: "main.handle"}}, 6: {{}},
	}
	spans := NewFollowedSpans(func(stack []uint64) []*snapshot.Frame { return functions[stack[0]] }, 0)
	for _, test := range []struct {
		name  string
		stack []uint64
		want  uint64
	}{
		{"of the helper's caller", []uint64{1, 2, 3, 4}, 4},
		{"a helper that is inlined in its caller", []uint64{1, 5, 4}, 4},
		{"of the goroutine's first function", []uint64{1, 2, 3}, 3},
		{"no caller", []uint64{1, 2}, 0},
		{"nothing but the SDK", []uint64{1, 6}, 0},
	} {
		if got := spans.returnOf(test.stack); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestMostFrequent(t *testing.T) {
	if got := mostFrequent(map[string]int{"c": 1, "a": 1, "d": 1, "b": 5}); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("%q", got)
	}
}
