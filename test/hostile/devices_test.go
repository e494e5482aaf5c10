package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// devicesVariable has otwatch run among devices, in the directory that it names: the
// test's executable stands in for it, and calls it.
const devicesVariable = "OTWATCH_HOSTILE_DEVICES"

// exitNoDevices is the exit code where no devices can be made.
const exitNoDevices = 77

// amongDevices runs a command in a mount namespace in which the directory is a file
// system of its own with the device null. It says afterwards whether that still is one,
// and returns the command's exit code.
func amongDevices(dir string, args []string) int {
	runtime.LockOSThread() // a namespace is a thread's
	null := filepath.Join(dir, "null")
	if err := errors.Join(
		unix.Unshare(unix.CLONE_NEWNS),
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("devices", dir, "tmpfs", 0, ""),
		unix.Mknod(null, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))),
	); err != nil {
		fmt.Fprintln(os.Stderr, "hostile.test: make devices:", err)
		return exitNoDevices
	}
	command := exec.Command(args[0], args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "hostile.test:", err)
		return exitNoDevices
	}
	info, err := os.Lstat(null)
	if err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintln(os.Stderr, "null is a device")
	}
	return command.ProcessState.ExitCode()
}
