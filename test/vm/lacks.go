package main

import (
	"slices"
	"strings"
)

// lack is something that a kernel is known not to have, for which its tests say
// so and do not run. Any other skip is a test that did not run.
type lack struct {
	Kernels []string
	Archs   []string // nil is all
	Reason  string   // a part of what the test says
}

var lacks = []lack{
	{Kernels: []string{"5.10", "6.1"}, Reason: "bpf_link_uprobe_multi"},
	{Kernels: []string{"5.10"}, Reason: "FnGetAttachCookie"},
	{Kernels: []string{"5.10"}, Archs: []string{"arm64"}, Reason: "only the innermost frames of Go stacks"},
	{Kernels: []string{"6.12", "6.18", newest}, Reason: "the memory controller is not one of cgroup v1"},
}

// known reports whether a kernel may skip a test for a reason.
func known(kernel, arch, reason string) bool {
	return slices.ContainsFunc(lacks, func(l lack) bool {
		return slices.Contains(l.Kernels, kernel) && (l.Archs == nil || slices.Contains(l.Archs, arch)) && strings.Contains(reason, l.Reason)
	})
}
