// Package checklist holds a Report against ten questions that production asks of
// tracing, and lists what tracing may be limited by. It is pure.
package checklist
