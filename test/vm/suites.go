package main

// suite is a package whose tests run in the machines.
type suite struct {
	Package string // directory in the repository
	Run     string // which tests; "" is all
	Skip    string // tests that need a toolchain, or that are about one architecture and run anywhere
}

// suites are the packages with kernel tests. Those of cmd/otwatch attach the
// real otwatch to a real program and check its JSON.
var suites = []suite{
	{Package: "internal/probes", Skip: "TestPlacesInAnARM64Program|TestPlacesInARealProgram"},
	{Package: "internal/sampler"},
	{Package: "internal/agent", Run: "TestCountsEqualTheSDKs|TestExitRightAfterShutdown|TestAttachAgainAndAgain"},
	{Package: "cmd/otwatch", Run: "TestJSON|TestListAndDoctor"},
}

// programs are what those tests build elsewhere: here they are built before.
var programs = []string{"./testdata/targets/reference", "./cmd/otwatch"}

// kernels are the series to run, oldest first, by Debian's package names.
var kernels = []string{"5.10", "6.1", "6.12", "7.3"}

var architectures = []string{"amd64", "arm64"}
