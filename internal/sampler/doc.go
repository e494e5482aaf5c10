// Package sampler samples the user stacks of targets by CPU time, with one perf event on
// every CPU, and finds the names of their functions. Package classify assigns
// stacks to tracing and to the application. Close a Watch when its target is no longer watched, and the Sampler at the end.
package sampler

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -go-package sampler -type unstacked -type stack_key -type probed_key bpf ../../bpf/sampler.bpf.c -- -O2 -Wall -Werror -mcpu=v2 -I/usr/include/x86_64-linux-gnu -I/usr/include/aarch64-linux-gnu
