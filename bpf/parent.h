// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The parent of a span, and whether the span itself is sampled.
#pragma once

#include "maps.h"

// Where a snapshot's parent has its span id: a trace.SpanContext, at 80 in
// go.opentelemetry.io/otel/sdk/trace.snapshot in v1.0 to v1.47, has spanID at 16,
// traceFlags at 24, traceState at 32 and remote at 56 (trace/trace.go).
#define SNAPSHOT_PARENT_SPAN 96

// From the span id on.
struct parent_context {
	__u64 span; // 0: there is no parent
	__u8 flags;
	__u8 unused[31];
	__u8 remote;
	__u8 pad[7];
};

static __always_inline bool read_parent(struct parent_context *parent, __u64 span)
{
	return !bpf_probe_read_user(parent, sizeof(*parent), (void *)(span + SNAPSHOT_PARENT_SPAN));
}

// Where the flags are behind the span id in a trace.SpanContext.
#define FLAGS_AFTER_SPAN_ID 8
#define FLAG_SAMPLED 1

// Reads the flags of a recordingSpan, which has its span id at the offset.
static __always_inline bool read_flags(__u8 *flags, __u64 span, __u32 span_id)
{
	return !bpf_probe_read_user(flags, sizeof(*flags), (void *)(span + span_id + FLAGS_AFTER_SPAN_ID));
}
