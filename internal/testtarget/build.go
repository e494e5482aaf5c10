package testtarget

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds a package or a file of this module, for the tests of a package two
// directories below its root. The executable is static.
func Build(path string, args ...string) error {
	command := exec.Command("go", append([]string{"build", "-o", path}, args...)...)
	command.Dir = filepath.Join("..", "..")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return nil
}
