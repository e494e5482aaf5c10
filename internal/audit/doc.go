// Package audit says what an executable shows at rest, without a process and without root: its
// OpenTelemetry modules, whether otwatch can watch it, and the defects that are known of its
// versions. Its types are the JSON of `otwatch audit`. Package target reads the file, and nothing
// here needs closing.
package audit
