package hostile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/otwatch/otwatch/internal/testtarget"
)

var (
	// otwatch is the command under test, built once.
	otwatch string
	// builds is where executables are. Every user may read it, for hostile programs run
	// as nobody.
	builds string
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(devicesVariable); dir != "" {
		os.Exit(amongDevices(dir, os.Args[1:]))
	}
	var err error
	if builds, err = os.MkdirTemp("", "otwatch-hostile-"); err == nil {
		err = os.Chmod(builds, 0o755)
	}
	if err != nil {
		panic(err)
	}
	otwatch = filepath.Join(builds, "otwatch")
	for path, pkg := range map[string]string{otwatch: "./cmd/otwatch", filepath.Join(builds, "hostile"): "./testdata/targets/hostile"} {
		if err := testtarget.Build(path, pkg); err != nil {
			panic(err)
		}
	}
	testtarget.Main(m, func() { os.RemoveAll(builds) })
}
