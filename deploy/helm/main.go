package main

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// chartPath is where the chart is.
const chartPath = "otwatch"

func init() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // Helm logs each link that it follows
}

func main() {
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "helm:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	manifests, err := render(nil)
	if err != nil {
		return err
	}
	return os.WriteFile(out, plain(manifests), 0o644)
}

// render gives the chart's manifests with these values, by the names of their templates.
func render(values map[string]any) (map[string]string, error) {
	chart, err := loader.Load(chartPath)
	if err != nil {
		return nil, err
	}
	release := common.ReleaseOptions{Name: "otwatch", Namespace: "otwatch", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	manifests := map[string]string{}
	for name, text := range rendered {
		if strings.TrimSpace(text) != "" && path.Ext(name) == ".yaml" {
			manifests[path.Base(name)] = text
		}
	}
	return manifests, nil
}

// plain is one file of manifests that Helm does not manage.
func plain(manifests map[string]string) []byte {
	var file strings.Builder
	file.WriteString("# Generated from deploy/helm/otwatch (make generate). Do not edit.\n")
	names := slices.SortedFunc(maps.Keys(manifests), func(a, b string) int { return cmp.Compare(b, a) }) // the account first
	for _, name := range names {
		file.WriteString("---\n")
		for line := range strings.Lines(manifests[name]) {
			ofHelm := strings.Contains(line, "app.kubernetes.io/managed-by: Helm") || strings.Contains(line, "helm.sh/chart:")
			if !ofHelm && strings.TrimSpace(line) != "" {
				file.WriteString(line)
			}
		}
	}
	return []byte(file.String())
}
