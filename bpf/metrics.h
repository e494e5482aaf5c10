// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Counting the data points that a metric reader has collected.
#pragma once

#include "account.h"

// How many scopes and metrics are walked at most. A reader with more is not counted.
#define MAX_STEPS 512

struct go_slice {
	__u64 data, len, cap;
};

// go.opentelemetry.io/otel/sdk/metric/metricdata, the same in v1.19 to v1.47,
// except for the size of a Scope, which user space knows:
//
//	ResourceMetrics  {Resource *resource.Resource; ScopeMetrics []ScopeMetrics}
//	ScopeMetrics     {Scope instrumentation.Scope; Metrics []Metrics}
//	Metrics          {Name, Description, Unit string; Data Aggregation}
//
// and each kind of Aggregation, whose address is in the interface, begins with
// DataPoints, a slice. Source: sdk/metric/metricdata/data.go.
#define RESOURCE_METRICS_SCOPES 8
#define METRICS_SIZE            64
#define METRICS_DATA            56
#define AGGREGATION_LEN         8

// Goes back to the head of the walk, unless it has made too many steps. Before 6.8 the
// verifier rejects a jump back into a loop whose body falls through to its head, as
// the compiler would generate; it accepts this jump. Source: push_insn in
// kernel/bpf/verifier.c.
#define STEP(step, head) asm volatile goto("if %0 < %1 goto %l[" #head "]" : : "r"(++step), "i"(MAX_STEPS) : : head)

// Returns how many data points a ResourceMetrics has; UNCOUNTED if that cannot be
// found out. One loop walks both slices: of nested loops the verifier would follow
// every exit of the inner one through all of the outer one.
static __always_inline __u64 count_points(__u32 tgid, __u32 group, __u64 collected)
{
	struct group_key key = {.tgid = tgid, .group = group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &key);
	struct go_slice scopes, metrics = {};
	__u64 points = 0, aggregation, len;
	__u64 step = 0;

	if (!allowance || !allowance->scope_size ||
	    bpf_probe_read_user(&scopes, sizeof(scopes), (void *)(collected + RESOURCE_METRICS_SCOPES)))
		return UNCOUNTED;
next:
	if (metrics.len) {
		if (bpf_probe_read_user(&aggregation, sizeof(aggregation), (void *)(metrics.data + METRICS_DATA)) ||
		    bpf_probe_read_user(&len, sizeof(len), (void *)(aggregation + AGGREGATION_LEN)))
			return UNCOUNTED;
		points += len;
		metrics.data += METRICS_SIZE;
		metrics.len--;
	} else if (scopes.len) {
		if (bpf_probe_read_user(&metrics, sizeof(metrics), (void *)(scopes.data + allowance->scope_size)))
			return UNCOUNTED;
		scopes.data += allowance->scope_size + sizeof(struct go_slice);
		scopes.len--;
	} else {
		return points;
	}
	STEP(step, next);
	return UNCOUNTED;
}
