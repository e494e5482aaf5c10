// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Counting the data points that a metric reader has collected.
#pragma once

#include "account.h"

// What is walked at the most; a reader that has more is not counted.
#define MAX_SCOPES  32
#define MAX_METRICS 128 // of a scope

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

// How many data points a scope's metrics have. What cannot be read makes bad: the
// walk has no other branches, of which the verifier follows only so many.
static __always_inline __u64 points_of(struct go_slice *metrics, long *bad)
{
	__u64 points = 0;

	*bad |= metrics->len > MAX_METRICS;
	for (__u32 i = 0; i < MAX_METRICS && i < metrics->len; i++) {
		__u64 aggregation = 0, len = 0;

		*bad |= bpf_probe_read_user(&aggregation, sizeof(aggregation), (void *)(metrics->data + i * METRICS_SIZE + METRICS_DATA));
		*bad |= bpf_probe_read_user(&len, sizeof(len), (void *)(aggregation + AGGREGATION_LEN));
		points += len;
	}
	return points;
}

// How many data points a ResourceMetrics has; UNCOUNTED if that cannot be told.
static __always_inline __u64 count_points(__u32 tgid, __u32 group, __u64 collected)
{
	struct group_key key = {.tgid = tgid, .group = group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &key);
	struct go_slice scopes, metrics;
	__u64 points = 0, scope;
	long bad;

	if (!allowance || !allowance->scope_size)
		return UNCOUNTED;
	bad = bpf_probe_read_user(&scopes, sizeof(scopes), (void *)(collected + RESOURCE_METRICS_SCOPES));
	if (bad || scopes.len > MAX_SCOPES)
		return UNCOUNTED;
	scope = scopes.data;
	for (__u32 i = 0; i < MAX_SCOPES && i < scopes.len; i++) {
		if (bpf_probe_read_user(&metrics, sizeof(metrics), (void *)(scope + allowance->scope_size)))
			return UNCOUNTED;
		points += points_of(&metrics, &bad);
		scope += allowance->scope_size + sizeof(struct go_slice);
	}
	return bad ? UNCOUNTED : points;
}
