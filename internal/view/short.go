package view

import "strings"

// shortFunction returns a function's name without the directory of its package:
// cart.(*Service).Price.
func shortFunction(name string) string {
	path, _, _ := strings.Cut(name, "(")
	path, _, _ = strings.Cut(path, "[")
	return name[strings.LastIndexByte(path, '/')+1:]
}

// exporterName returns the name of an exporter without its number, and without what every
// exporter of the SDK has in its name: otlp_grpc for otlp_grpc_span_exporter/0, and
// audit.Exporter for example.org/shop/audit.Exporter/0.
func exporterName(component string) string {
	if number := strings.LastIndexByte(component, '/'); number >= 0 {
		component = component[:number]
	}
	return strings.TrimSuffix(shortFunction(component), "_span_exporter")
}

// shortPath returns the last three elements of a call site's file. The rest is the
// directory of the build.
func shortPath(file string) string {
	parts := strings.Split(file, "/")
	return strings.Join(parts[max(0, len(parts)-3):], "/")
}
