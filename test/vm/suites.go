package main

// suite is a package whose tests run in the machines.
type suite struct {
	Package string // directory in the repository
	Run     string // which tests; "" is all
	Skip    string // tests that need a toolchain, or that are about one architecture and run anywhere
}

// suites are the packages with kernel tests. Those of cmd/otwatch attach the
// real otwatch to a real program and check its JSON; they come first, so that a
// machine that hangs later on has shown that much. What is left out needs a
// toolchain, asserts on time, or repeats at another rate what is here: together
// the machines have a quarter of an hour.
var suites = []suite{
	{Package: "cmd/otwatch", Run: "^(TestJSON|TestListAndDoctor|TestPprof|TestKilled|TestPrivilegesAreDropped|TestFewestPrivileges|TestForbiddenBPF|TestParanoid|TestLockedMemory|TestWithoutTracefs|TestCgroupV1)$"},
	{Package: "internal/probes", Skip: "TestPlacesInAnARM64Program|TestPlacesInARealProgram|FuzzPlacesInDamagedProgram"},
	{Package: "internal/sampler"},
	{Package: "internal/agent", Run: "^(TestCountsEqualTheSDKs|TestExportDurations|TestStalledReceiver|TestWindowsKeepToTheBudget)$" +
		"/^(10_a_second|1,000_a_second,_no_limit|small_queue|two_processors|)$"},
	{Package: "cmd/otwatch", Run: "^TestLockdown$"}, // there is no way back from it
}

// programs are what those tests build elsewhere: here they are built before.
var programs = []string{"./testdata/targets/reference", "./testdata/targets/leaks", "./testdata/targets/patient", "./cmd/otwatch"}

// newest is the newest kernel that can be had.
const newest = "newest"

// kernels are the series to run, oldest first, by Debian's package names.
var kernels = []string{"5.10", "6.1", "6.12", "6.18", newest}

var architectures = []string{"amd64", "arm64"}
