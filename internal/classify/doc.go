// Package classify says whom a call stack works for: the application, tracing and at which
// stage, the runtime. It has the table of functions (classes.go, passthrough.go), and
// Counts of samples by what their stacks say. It is pure.
package classify
