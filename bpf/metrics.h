// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Counting the data points that a metric reader has collected.
#pragma once

#include "account.h"

// How many scopes and metrics are walked at the most; a reader that has more is
// not counted.
#define MAX_STEPS 512

struct go_slice {
	__u64 data, len, cap;
};

// go.opentelemetry.io/otel/sdk/metric/metricdata, the same in v1.19 to v1.47 but
// for the size of a Scope, which user space knows:
//
//	ResourceMetrics  {Resource *resource.Resource; ScopeMetrics []ScopeMetrics}
//	ScopeMetrics     {Scope instrumentation.Scope; Metrics []Metrics}
//	Metrics          {Name, Description, Unit string; Data Aggregation}
//
// and each kind of Aggregation, which an interface holds by its address, begins
// with DataPoints, a slice. Source: sdk/metric/metricdata/data.go.
#define RESOURCE_METRICS_SCOPES 8
#define METRICS_SIZE            64
#define METRICS_DATA            56
#define AGGREGATION_LEN         8

// Goes back to the head of the walk, unless it has taken too many steps. Up to 6.7
// the verifier refuses a way back into a loop that falls into its head, as the
// compiler would lay one out; it takes a jump. Source: push_insn in
// kernel/bpf/verifier.c.
#define STEP(step, head) asm volatile goto("if %0 < %1 goto %l[" #head "]" : : "r"(++step), "i"(MAX_STEPS) : : head)

// How many data points a ResourceMetrics has; UNCOUNTED if that cannot be told.
// One loop walks both slices: of one within another the verifier would follow
// every way out of the inner through all of the outer.
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
