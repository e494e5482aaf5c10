package export

import (
	"cmp"
	"context"
	"os"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// machine is the host as otwatch knows it. What cannot be read is empty.
type machine struct {
	name string
	id   string // host.id, which the convention takes from machine-id
	boot string // another one each time that the kernel starts
	// booted is when it did, to the second.
	booted time.Time
	os     []attribute.KeyValue // as the SDK's detectors give them
}

// thisMachine is the host that otwatch runs on, with this name unless it is empty. In a
// container, process 1 is the host's, and has the file of the host.
func thisMachine(name string) machine {
	hostname, _ := os.Hostname()
	// Errors only mean that something is not known.
	system, _ := resource.New(context.Background(), resource.WithOS())
	booted, _ := booted()
	return machine{
		name: cmp.Or(name, hostname),
		id:   cmp.Or(line("/etc/machine-id"), line("/var/lib/dbus/machine-id"), line("/proc/1/root/etc/machine-id")),
		boot: line("/proc/sys/kernel/random/boot_id"), booted: booted,
		os: system.Attributes(),
	}
}

// booted is when the kernel started.
func booted() (time.Time, error) {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return time.Time{}, err
	}
	stat, err := proc.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(stat.BootTime), 0), nil
}

// created is when a process that started so many ticks after boot was created; the zero time
// if that is not known.
func (m machine) created(ticks uint64) time.Time {
	if m.booted.IsZero() || ticks == 0 {
		return time.Time{}
	}
	return m.booted.Add(time.Duration(ticks) * snapshot.Tick)
}

// line is the content of a file of one line, "" if it cannot be read.
func line(path string) string {
	content, _ := os.ReadFile(path)
	return strings.TrimSpace(string(content))
}
