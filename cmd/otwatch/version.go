package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/export"
	"github.com/otwatch/otwatch/internal/host"
	"github.com/otwatch/otwatch/internal/probes"
)

// release is set by the Makefile. If it is empty, the build information is used.
var release string

// version is of the release or, of a build by go install, of the module.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// versionDocument is the output of version as JSON.
type versionDocument struct {
	Schema   string         `json:"schema"` // otwatch.version/v1
	Version  string         `json:"version"`
	Commit   string         `json:"commit"`   // empty if the build does not record it
	Modified bool           `json:"modified"` // the source was not as committed
	Go       string         `json:"go"`
	OS       string         `json:"os"`
	Arch     string         `json:"arch"`
	Kernel   string         `json:"kernel"` // of this host
	Features []host.Feature `json:"features"`
}

func versionOf() versionDocument {
	v := versionDocument{Schema: "otwatch.version/v1", Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: probes.KernelRelease(), Features: host.Features()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Commit = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	return v
}

func versionCommand(stdout *os.File) *cli.Command {
	return &cli.Command{
		Name:         "version",
		Usage:        "show the version, how it was built, and what this kernel has",
		UsageText:    "otwatch version [--output json]",
		Flags:        []cli.Flag{documentFlag(documents)},
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			form := c.String("output")
			if !slices.Contains(documents, form) {
				return usageError(fmt.Errorf("--output %q: must be one of %s", form, strings.Join(documents, ", ")))
			}
			v := versionOf()
			if form == outputJSON {
				return outputError(export.JSON(stdout, v))
			}
			modified := ""
			if v.Modified {
				modified = ", modified"
			}
			_, err := fmt.Fprintf(stdout, "otwatch %s (commit %s%s, %s %s/%s)\nkernel %s\n", v.Version, cmp.Or(v.Commit, "unknown"), modified, v.Go, v.OS, v.Arch, v.Kernel)
			for _, f := range v.Features {
				has := "unknown"
				if f.Supported != nil {
					has = map[bool]string{true: "yes", false: "no"}[*f.Supported]
				}
				if f.Why != "" {
					has += " (" + f.Why + ")"
				}
				if err == nil {
					_, err = fmt.Fprintf(stdout, "  %s: %s\n", f.Name, has)
				}
			}
			return outputError(err)
		},
	}
}
