package field

import (
	"strings"
	"time"
)

// badPage is what no screen and no finding may show as it is.
var badPage = "<html>\x1b[2J\x1b]0;owned\x07\xff\xfe" + strings.Repeat("an error \x1b[31m", 80_000)

// spanRows are situations of spans and what they cost, all of the one service.
var spanRows = []row{
	{name: "a provider for each request", situation: "clients build a provider each, request by request, and nobody shuts it down", reported: "kubernetes-sigs/cluster-api-provider-azure#5410",
		program: service, args: "-providers -rate 20", watch: 40 * time.Second,
		want:   []want{{id: "components-leak", severity: "warning|critical", says: `requests\.go`, not: "end every span"}},
		beside: []string{"propagator-churn"}},
	{name: "a scope for each request", situation: "a tracer with a name of its own for each request", reported: "open-telemetry/opentelemetry-go#1490",
		program: service, args: "-scopes -rate 500 -work 20", watch: 40 * time.Second,
		want:    []want{{id: "scope-churn", severity: "warning|critical"}},
		figures: []figure{exported}},
	{name: "spans kept", situation: "an in-memory recorder keeps every span that was exported", reported: "moby/moby#49075",
		program: service, args: "-exporter keep -processor simple -rate 500 -work 20", watch: 40 * time.Second,
		want:  []want{{id: "spans-retained", severity: "warning|critical", says: "recorder", not: "end every span"}},
		never: []string{"sync-export", "span-leak"}},
	{name: "one endless trace", situation: "the context of the start goes into every job", reported: "hatchet-dev/hatchet#4774",
		program: service, args: "-parent startup -rate 20 -children 10", watch: 50 * time.Second,
		want:    []want{{id: "trace-structure", severity: "info|warning|critical", says: "one trace|endless|root"}},
		figures: []figure{exported}},
	{name: "ended twice", situation: "a program ends each span twice", reported: "traefik",
		program: service, args: "-twice -children 1", watch: 30 * time.Second,
		figures: []figure{exported, noneFailed, noneDropped}},
	{name: "a CPU quota", situation: "a quota that the service uses up: exports take long", reported: "open-telemetry/opentelemetry-go#2198",
		program: service, args: "-workers 16 -work 3000", watch: 40 * time.Second, quota: 0.1,
		want: []want{{id: "cpu-starved", severity: "warning|critical", says: "throttle"}}},
}
