package sdkconfig

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/snapshot"
)

// Lines are what the configuration file must hold for what is wanted; "" if that is not known for
// some of it.
func (c Config) Lines(wanted map[string]string) string {
	if len(wanted) == 0 {
		return ""
	}
	file := map[string]any{}
	for _, variable := range slices.Sorted(maps.Keys(wanted)) {
		path, value := []string(nil), any(wanted[variable])
		switch row := settings[variable]; {
		case variable == samplerVariable:
			path, value = samplerPath(wanted[variable], wanted[ratioVariable])
		case variable == ratioVariable:
			continue
		case row.path != nil:
			path = row.path(c.pipelines, c.target.FileSchema)
			if base(variable) == endpointVariable && strings.HasSuffix(c.pipelines[snapshot.Traces], "http") {
				value = withPath(wanted[variable], snapshot.Traces)
			}
		}
		if len(path) == 0 {
			return ""
		}
		put(file, path, value)
	}
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if encoder.Encode(file) != nil || encoder.Close() != nil {
		return ""
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// samplerPath is where a sampler by its variables stands in the file.
func samplerPath(name, ratio string) (path []string, value any) {
	path = []string{"tracer_provider", "sampler"}
	root, parentBased := strings.CutPrefix(name, "parentbased_")
	if parentBased {
		path = append(path, "parent_based", "root")
	}
	if root == snapshot.TraceIDRatio {
		return append(path, "trace_id_ratio_based", "ratio"), cmp.Or(ratio, "1")
	}
	return append(path, root), map[string]any{}
}

// put puts a value at a path of maps and, where it has a dash, lists of one element. Numbers are
// written as such.
func put(file map[string]any, path []string, value any) {
	name := path[0]
	if text, ok := value.(string); ok && len(path) == 1 {
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			value = number
		} else if number, err := strconv.ParseFloat(text, 64); err == nil {
			value = number
		}
	}
	switch {
	case len(path) == 1:
		file[name] = value
	case path[1] == "-":
		list, _ := file[name].([]any)
		if len(list) == 0 {
			list = []any{map[string]any{}}
			file[name] = list
		}
		put(list[0].(map[string]any), path[2:], value)
	default:
		inner, _ := file[name].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			file[name] = inner
		}
		put(inner, path[1:], value)
	}
}
