package matrix

import "fmt"

// goRelease is a Go minor release, by its newest patch release; "local" is the
// toolchain that runs the test.
type goRelease struct {
	minor     int
	toolchain string // value of GOTOOLCHAIN
}

// goReleases are the supported releases. Source: https://go.dev/dl/.
var goReleases = []goRelease{
	{27, "go1.27.4"},
	{26, "local"},
	{25, "go1.25.14"},
	{24, "go1.24.13"},
	{23, "go1.23.12"},
	{22, "go1.22.12"},
	{21, "go1.21.13"},
}

func (g goRelease) String() string { return fmt.Sprintf("1.%d", g.minor) }

// sdk is a minor version of the SDK, v1.<sdk>.0.
type sdk int

const oldestSDK, newestSDK sdk = 7, 47

// layouts are the first and last SDK versions and those with which a layout or
// a symbol that matters here changed.
var layouts = []sdk{newestSDK, 39, 38, 31, 28, 20, 19, 14, oldestSDK}

func (s sdk) String() string { return fmt.Sprintf("v1.%d.0", int(s)) }

// sdkNeeds lists, newest first, from which SDK version on which Go minor is
// required. Source: the go lines of sdk/go.mod.
var sdkNeeds = []struct {
	from sdk
	go1  int
}{{47, 26}, {42, 25}, {39, 24}, {36, 23}, {30, 22}, {0, 21}}

// goMinor is the oldest supported Go minor that this SDK builds with.
func (s sdk) goMinor() int {
	for _, row := range sdkNeeds {
		if s >= row.from {
			return row.go1
		}
	}
	return 0
}

// mode is a way to build a program.
type mode struct {
	name      string
	cgo       bool // with a package that calls C
	arguments []string
}

var modes = []mode{
	{name: "default"},
	{name: "stripped", arguments: []string{"-ldflags=-s -w"}},
	{name: "trimpath", arguments: []string{"-trimpath"}},
	{name: "PIE", arguments: []string{"-buildmode=pie"}},
	{name: "static-PIE", cgo: true, arguments: []string{"-buildmode=pie", "-tags=netgo,osusergo", "-ldflags=-linkmode=external -extldflags=-static-pie"}},
	{name: "cgo, external linking", cgo: true, arguments: []string{"-ldflags=-linkmode=external"}},
	{name: "race", cgo: true, arguments: []string{"-race"}},
	{name: "no inlining", arguments: []string{"-gcflags=all=-l"}},
	{name: "unoptimised", arguments: []string{"-gcflags=all=-N -l"}},
}

func (m mode) String() string { return m.name }

// exporter is where the program's spans go: a file of testdata/program.
type exporter struct {
	file    string
	module  string // "" if it is the program's own
	retries bool   // it retries what its receiver sends away
	network bool   // its spans are counted by the receiver, else by the program
	shown   string // its otel.component.name in the report
}

const exporterModules = "go.opentelemetry.io/otel/exporters/"

var exporters = []exporter{
	{file: "otlpgrpc", module: exporterModules + "otlp/otlptrace/otlptracegrpc", retries: true, network: true, shown: "otlp_grpc_span_exporter/0"},
	{file: "otlphttp", module: exporterModules + "otlp/otlptrace/otlptracehttp", retries: true, network: true, shown: "otlp_http_span_exporter/0"},
	{file: "stdout", module: exporterModules + "stdout/stdouttrace", shown: exporterModules + "stdout/stdouttrace.Exporter/0"},
	{file: "zipkin", module: exporterModules + "zipkin", network: true, shown: "zipkin_http_span_exporter/0"},
}

func (e exporter) String() string { return e.file }

// combination is one program of the matrix.
type combination struct {
	release  goRelease
	sdk      sdk
	mode     mode
	exporter exporter
}

func (c combination) String() string {
	return fmt.Sprintf("go%s %s %s %s", c.release, c.sdk, c.mode, c.exporter)
}

// values are the combination's values as text, one an axis.
func (c combination) values() [4]string {
	return [4]string{c.release.String(), c.sdk.String(), c.mode.String(), c.exporter.String()}
}

// combinations are all that can be built.
func combinations(sdks []sdk) []combination {
	var all []combination
	for _, s := range sdks {
		for _, m := range modes {
			for _, r := range goReleases {
				for _, e := range exporters {
					if r.minor >= s.goMinor() {
						all = append(all, combination{r, s, m, e})
					}
				}
			}
		}
	}
	return all
}

// everySDK is each minor version, newest first.
func everySDK() []sdk {
	var all []sdk
	for s := newestSDK; s >= oldestSDK; s-- {
		all = append(all, s)
	}
	return all
}
