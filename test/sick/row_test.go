package sick

import "time"

// kinds of rows.
const (
	sick     = "sick"
	healthy  = "healthy"
	combined = "combined"
)

// row is a program with what must be found of it. What it costs and how long it
// is watched were set together with the thresholds of the findings, before any
// run.
type row struct {
	name, kind string
	draw       func(dice) (args string, r receiver)
	want       []string // that hold at the end, as "severity id"; "warning|critical id" where it depends on the machine
	beside     []string // info findings that may be raised too
	watch      time.Duration
	heavy      bool          // takes a fifth of a core
	env        []string      // of the program, beside otwatch's own
	probed     string        // a function that another tool has a uprobe on; "": none has
	quota      float64       // CPUs that the program's cgroup may use; 0: no limit
	interval   time.Duration // of a row too long to be watched live; 0: it is not
}

var rows = []row{
	{name: "sync-export", kind: sick, watch: 15 * time.Second, want: []string{"warning sync-export"},
		draw: func(d dice) (string, receiver) {
			return flags("sync", true, "rate", d.between(20, 40), "children", d.between(0, 1)), receiver{}
		}},
	{name: "batch-config", kind: sick, watch: 15 * time.Second, want: []string{"info batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(20, 50), "children", 0, "delay", d.ms(60, 140)), receiver{}
		}},
	{name: "queue-backlog", kind: sick, watch: 20 * time.Second, want: []string{"info batch-config", "critical queue-backlog"},
		draw: func(d dice) (string, receiver) {
			// A queue that has just given a batch away is still 95 % full, whenever it is looked at.
			return flags("blocking", true, "rate", d.between(300, 500), "queue", d.between(700, 900), "batch", d.between(16, 32)),
				receiver{After: d.ms(100, 200)}
		}},
	{name: "queue-backlog, growing", kind: sick, watch: 30 * time.Second, want: []string{"warning queue-backlog"}, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(140, 160), "queue", 10_000, "batch", 64), receiver{After: d.ms(230, 270)}
		}},
	{name: "span-drop", kind: sick, watch: 15 * time.Second, want: []string{"critical span-drop"}, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			burst := d.between(400, 600)
			return flags("rate", burst, "burst", burst, "children", 0, "queue", d.between(64, 100), "batch", d.between(32, 64)), receiver{}
		}},
	{name: "span-drop, bursts", kind: sick, watch: 27 * time.Second, want: []string{"critical span-drop"}, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			burst := d.between(5500, 6500) // each ten seconds, into the SDK's default queue
			return flags("rate", burst/10, "burst", burst, "children", 0), receiver{}
		}},
	{name: "export-slow", kind: sick, watch: 20 * time.Second, want: []string{"critical export-slow"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(10, 40), "children", 1), receiver{After: d.ms(1200, 2500)}
		}},
	{name: "export-errors", kind: sick, watch: 15 * time.Second, want: []string{"warning export-errors"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(20, 50), "delay", d.ms(250, 500)), receiver{RefuseEvery: uint64(d.between(3, 5))}
		}},
	{name: "export-errors, receiver away", kind: sick, watch: 20 * time.Second, want: []string{"critical export-errors"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(20, 50)), receiver{Away: true}
		}},
	{name: "uncompressed", kind: sick, watch: 30 * time.Second, heavy: true,
		want: []string{"info uncompressed", "critical sampling-high"}, beside: []string{"hot-path", "batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(2000, 3000), "children", 3, "attributes", d.between(8, 12), "queue", 16_384), receiver{}
		}},
	{name: "sampling-high", kind: sick, watch: 40 * time.Second, heavy: true,
		want: []string{"warning|critical sampling-high"}, beside: []string{"hot-path", "uncompressed", "batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(400, 500), "children", 3, "attributes", d.between(5, 8), "work", d.between(140, 180), "queue", 8192), receiver{}
		}},
	{name: "hot-path", kind: sick, watch: 40 * time.Second, heavy: true,
		want: []string{"warning|critical sampling-high", "info hot-path"},
		draw: func(d dice) (string, receiver) {
			// Each trace that is sampled ends some thousand spans at once: a queue of the
			// SDK's default length drops some of two that follow each other closely.
			return flags("rate", d.between(100, 125), "loop", d.between(900, 1100), "sample", 0.01, "work", d.between(600, 800), "queue", 16_384), receiver{}
		}},
	{name: "propagator-churn", kind: sick, watch: 40 * time.Second, heavy: true,
		want: []string{"warning propagator-churn"}, beside: []string{"hot-path"},
		draw: func(d dice) (string, receiver) {
			return flags("build", true, "rate", d.between(20, 25), "work", d.between(3500, 4500)), receiver{}
		}},
	{name: "attribute-cost", kind: sick, watch: 40 * time.Second, heavy: true,
		want: []string{"warning|critical sampling-high", "warning attribute-cost"}, beside: []string{"hot-path"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(70, 80), "updates", d.between(900, 1200), "work", d.between(600, 800)), receiver{}
		}},
	{name: "high-cardinality", kind: sick, watch: 75 * time.Second, want: []string{"warning high-cardinality"},
		draw: func(d dice) (string, receiver) {
			return flags("ids", true, "rate", d.between(200, 300), "children", 0), receiver{}
		}},
	{name: "span-flood", kind: sick, watch: 30 * time.Second, heavy: true, want: []string{"warning span-flood"}, beside: []string{"hot-path"},
		draw: func(d dice) (string, receiver) {
			return flags("loop", d.between(150, 200), "rate", d.between(4, 6), "children", 0, "attributes", 1, "work", d.between(38_000, 44_000)), receiver{}
		}},
	{name: "trace-structure", kind: sick, watch: 50 * time.Second, want: []string{"info trace-structure"},
		draw: func(d dice) (string, receiver) {
			return flags("job", time.Hour, "rate", d.between(20, 40)), receiver{}
		}},
	{name: "span-leak", kind: sick, watch: 60 * time.Second, heavy: true, want: []string{"warning span-leak"},
		draw: func(d dice) (string, receiver) {
			return flags("leak", d.between(8, 14), "rate", d.between(40, 60), "children", 0, "garbage", d.between(200, 400), "work", d.between(1600, 2000)), receiver{}
		}},
	{name: "memory-growth", kind: sick, watch: 410 * time.Second, interval: 5 * time.Second, want: []string{"warning memory-growth"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(15, 25), "keep", d.between(3, 6), "garbage", d.between(300, 500)), receiver{}
		}},

	{name: "not-exported", kind: sick, watch: 20 * time.Second, want: []string{"critical not-exported"},
		draw: func(d dice) (string, receiver) {
			return flags("unexported", true, "rate", d.between(20, 50)), receiver{}
		}},
	{name: "lost-at-exit", kind: sick, watch: 20 * time.Second, want: []string{"critical lost-at-exit"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(20, 50), "delay", 5*time.Second, "life", d.ms(11_000, 14_000)), receiver{}
		}},
	{name: "ignored-settings", kind: sick, watch: 15 * time.Second, want: []string{"info ignored-settings"},
		env:  []string{"OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none"},
		draw: func(d dice) (string, receiver) { return flags("rate", d.between(20, 50)), receiver{} }},
	{name: "cpu-starved", kind: sick, watch: 20 * time.Second, quota: 0.1,
		want: []string{"warning|critical cpu-starved"}, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			burst := d.between(18, 22) // their work is done in four periods of the quota
			return flags("rate", burst, "burst", burst, "work", d.between(800, 1000)), receiver{}
		}},
	{name: "foreign-probes", kind: sick, watch: 40 * time.Second, heavy: true, probed: "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).SetAttributes",
		want: []string{"info|warning|critical foreign-probes"}, beside: []string{"hot-path", "attribute-cost", "batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("updates", d.between(900, 1200), "rate", d.between(30, 40), "children", 0, "work", d.between(2000, 2400)), receiver{}
		}},

	{name: "components-leak", kind: sick, watch: 30 * time.Second, want: []string{"warning|critical components-leak"},
		draw: func(d dice) (string, receiver) {
			return flags("reload", d.ms(150, 500), "forget", true, "rate", d.between(20, 50)), receiver{}
		}},
	{name: "components-leak, before the attach", kind: sick, watch: 36 * time.Second, want: []string{"warning components-leak"},
		draw: func(d dice) (string, receiver) {
			return flags("forgotten", d.between(250, 500), "reload", d.ms(1200, 2000), "forget", true, "queue", 512, "rate", d.between(20, 50)), receiver{}
		}},
	{name: "flush-per-request", kind: sick, watch: 20 * time.Second, want: []string{"critical flush-per-request"}, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("flush", true, "rate", d.between(6, 10), "children", d.between(0, 2)), receiver{After: d.ms(40, 80)}
		}},
	{name: "scope-churn", kind: sick, watch: 40 * time.Second, want: []string{"warning scope-churn"},
		draw: func(d dice) (string, receiver) {
			return flags("vary", true, "rate", d.between(20, 60), "children", d.between(0, 1)), receiver{}
		}},
	{name: "spans-retained", kind: sick, watch: 32 * time.Second, want: []string{"warning spans-retained"},
		draw: func(d dice) (string, receiver) {
			return flags("retain", true, "rate", d.between(10, 20), "children", d.between(0, 2)), receiver{}
		}},

	{name: "idle", kind: healthy, watch: 15 * time.Second,
		draw: func(d dice) (string, receiver) { return flags("rate", 1, "children", d.between(0, 2)), receiver{} }},
	{name: "busy", kind: healthy, watch: 40 * time.Second, heavy: true,
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(30, 40), "children", d.between(2, 4), "work", d.between(2400, 3000)), receiver{}
		}},
	{name: "probed now and then", kind: healthy, watch: 40 * time.Second, heavy: true, probed: "go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).exportSpans",
		beside: []string{"foreign-probes"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(30, 40), "children", d.between(2, 4), "work", d.between(2400, 3000)), receiver{}
		}},
	{name: "bursty", kind: healthy, watch: 30 * time.Second, beside: []string{"batch-config"},
		draw: func(d dice) (string, receiver) {
			burst := d.between(100, 300)
			return flags("rate", burst, "burst", burst, "children", d.between(1, 3)), receiver{}
		}},
	{name: "flushed beside requests", kind: healthy, watch: 30 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("flush-every", d.ms(2000, 4000), "rate", d.between(20, 60)), receiver{After: d.ms(20, 60)}
		}},
	{name: "sampled", kind: healthy, watch: 40 * time.Second, heavy: true,
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(40, 60), "children", d.between(2, 4), "sample", float64(d.between(1, 10))/100, "work", d.between(1600, 2000)), receiver{}
		}},
	{name: "long-running spans", kind: healthy, watch: 45 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("long", time.Duration(d.between(20, 60))*time.Second, "rate", d.between(20, 60)), receiver{}
		}},
	{name: "reloading", kind: healthy, watch: 30 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("reload", d.ms(300, 2000), "tenants", d.between(2, 5), "rate", d.between(20, 50)), receiver{}
		}},
	{name: "idle tenants", kind: healthy, watch: 36 * time.Second, beside: []string{"components-leak"},
		draw: func(d dice) (string, receiver) {
			return flags("forgotten", d.between(250, 500), "queue", 512, "rate", d.between(20, 50)), receiver{}
		}},
	{name: "spans kept for a while", kind: healthy, watch: 32 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("retain", true, "reset", d.ms(5000, 10_000), "rate", d.between(10, 20), "children", d.between(0, 2)), receiver{}
		}},
	{name: "a provider for each tenant", kind: healthy, watch: 35 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("customers", d.between(110, 150), "queue", 512, "rate", d.between(10, 20)), receiver{}
		}},
	{name: "jobs", kind: healthy, watch: 50 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("job", time.Duration(d.between(20, 30))*time.Second, "rate", d.between(20, 40)), receiver{}
		}},
	{name: "behind a gateway", kind: healthy, watch: 40 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("remote", true, "rate", d.between(20, 40), "children", d.between(5, 18), "attributes", 1), receiver{}
		}},
	{name: "many tracers", kind: healthy, watch: 40 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("scopes", d.between(60, 150), "rate", d.between(40, 60)), receiver{}
		}},
	{name: "distant receiver", kind: healthy, watch: 20 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(50, 100)), receiver{After: d.ms(200, 500)}
		}},
	{name: "warming cache", kind: healthy, watch: 410 * time.Second, interval: 5 * time.Second,
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(150, 250), "children", 0, "cache", d.between(10_000, 15_000), "garbage", d.between(20, 40)), receiver{}
		}},

	{name: "overwhelmed collector", kind: combined, watch: 20 * time.Second,
		want: []string{"info batch-config", "critical queue-backlog", "critical span-drop", "critical export-slow"},
		draw: func(d dice) (string, receiver) {
			return flags("rate", d.between(300, 600), "queue", d.between(256, 400), "batch", 12), receiver{After: d.ms(1200, 1800)} // as in queue-backlog
		}},
	{name: "synchronous, distant and refused", kind: combined, watch: 15 * time.Second,
		want: []string{"critical sync-export", "warning export-errors"},
		draw: func(d dice) (string, receiver) {
			return flags("sync", true, "rate", d.between(20, 40), "children", 0), receiver{After: d.ms(15, 40), RefuseEvery: uint64(d.between(3, 5))}
		}},
	{name: "costly, with ids in names", kind: combined, watch: 70 * time.Second, heavy: true,
		want: []string{"warning|critical sampling-high", "warning high-cardinality"}, beside: []string{"hot-path", "uncompressed", "batch-config"},
		draw: func(d dice) (string, receiver) {
			return flags("ids", true, "rate", d.between(1800, 2200), "children", 0, "attributes", d.between(8, 12), "work", d.between(40, 60), "queue", 8192), receiver{}
		}},
	{name: "churning and refused", kind: combined, watch: 40 * time.Second, heavy: true,
		want: []string{"critical export-errors", "warning propagator-churn"}, beside: []string{"hot-path"},
		draw: func(d dice) (string, receiver) {
			return flags("build", true, "rate", d.between(20, 25), "work", d.between(3500, 4500)), receiver{RefuseEvery: 1}
		}},
}
