package export

import (
	"cmp"
	"os"
	"strings"
)

// machine is the host as otwatch knows it. What cannot be read is empty.
type machine struct {
	name string
	id   string // host.id, which the convention takes from machine-id
	boot string // another one each time that the kernel starts
}

// thisMachine is the host that otwatch runs on, with this name unless it is empty.
func thisMachine(name string) machine {
	hostname, _ := os.Hostname()
	return machine{
		name: cmp.Or(name, hostname),
		id:   cmp.Or(line("/etc/machine-id"), line("/var/lib/dbus/machine-id")),
		boot: line("/proc/sys/kernel/random/boot_id"),
	}
}

// line is the content of a file of one line, "" if it cannot be read.
func line(path string) string {
	content, _ := os.ReadFile(path)
	return strings.TrimSpace(string(content))
}
