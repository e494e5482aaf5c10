package containers

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// maxLogs bounds how many log files are looked at. A node has at most a few for each of its
// containers.
const maxLogs = 20_000

// logFiles is a directory in which the kubelet has a link to the log of each container,
// whose name has all that identifies it. The links are not followed.
type logFiles struct {
	directory string
}

func (l logFiles) String() string { return l.directory }

// logName is the name of such a link. No name of Kubernetes has an underscore.
// Source: kubernetes pkg/kubelet/kuberuntime/legacy.go, legacyLogSymlink.
//
//	checkout-7d4b9c6f5d-x2x9z_shop_server-<id>.log
var logName = regexp.MustCompile(`^([^_]+)_([^_]+)_([^_]+)-([0-9a-f]{64})\.log$`)

func (l logFiles) list(context.Context) (map[string]Names, error) {
	entries, err := firstEntries(l.directory, maxLogs)
	if err != nil {
		return nil, err
	}
	named := map[string]Names{}
	for _, entry := range entries {
		if m := logName.FindStringSubmatch(entry.Name()); m != nil {
			named[m[4]] = Names{Container: m[3], Pod: Pod{Name: m[1], Namespace: m[2]}}
		}
	}
	return named, nil
}

// logDirectories is a directory in which the kubelet has a directory for each pod, with one
// for each of its containers.
type logDirectories struct {
	directory string
}

// podLogs is the name of a pod's directory.
// Source: kubernetes pkg/kubelet/kuberuntime/helpers.go, BuildPodLogsDirectory.
//
//	shop_checkout-7d4b9c6f5d-x2x9z_1c5a7b2e-5f0e-4b60-9d3c-6c2b4b2f6f00
var podLogs = regexp.MustCompile(`^([^_]+)_([^_]+)_([^_]+)$`)

// pod names the pod with a uid, and the container in it if it has one only.
func (l logDirectories) pod(uid string) (Names, bool) {
	entries, err := firstEntries(l.directory, maxLogs)
	if err != nil {
		return Names{}, false
	}
	for _, entry := range entries {
		m := podLogs.FindStringSubmatch(entry.Name())
		if m == nil || m[3] != uid {
			continue
		}
		names := Names{Pod: Pod{UID: uid, Namespace: m[1], Name: m[2]}}
		inside, err := firstEntries(filepath.Join(l.directory, entry.Name()), maxLogs)
		if err == nil && len(inside) == 1 {
			names.Container = inside[0].Name()
		}
		return names, true
	}
	return Names{}, false
}

// firstEntries reads a directory, up to a number of entries.
func firstEntries(directory string, most int) ([]fs.DirEntry, error) {
	d, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(most)
	if len(entries) > 0 || errors.Is(err, io.EOF) {
		return entries, nil
	}
	return nil, err
}
