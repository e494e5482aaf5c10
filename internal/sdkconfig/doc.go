// Package sdkconfig says how a program sets the OpenTelemetry SDK up, by environment variables, in
// code or by a configuration file, and how a setting is changed there: the variable, the Go option,
// or the lines of the file. It is pure, and holds nothing that must be closed.
package sdkconfig
