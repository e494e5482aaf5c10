// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Reading the names of some of the spans that end.
#pragma once

#include "follow.h"

// Layout of go.opentelemetry.io/otel/sdk/trace.snapshot, the same in v1.0 to v1.47
// (sdk/trace/snapshot.go, read back from DWARF): name at 0, spanContext at 16 and parent at
// 80 (each a trace.SpanContext with traceID at 0), spanKind at 144, startTime at 152,
// endTime at 176, attributes at 200, events at 224, links at 248, and the instrumentation
// scope, which begins with its name, at 336.
#define SNAPSHOT_TRACE      16
#define SNAPSHOT_KIND       144
#define SNAPSHOT_SCOPE      336
#define SNAPSHOT_BODY_WORDS 15 // from the kind to the length of links

// Copies the part from the kind on, which has neither pointers that are followed nor text.
static __always_inline bool copy_body(struct span_record *record, __u64 span)
{
	__u64 body[SNAPSHOT_BODY_WORDS];

	if (bpf_probe_read_user(body, sizeof(body), (void *)(span + SNAPSHOT_KIND)))
		return false;
	record->span_kind = body[0];
	record->start[0] = body[1];
	record->start[1] = body[2];
	record->end[0] = body[4];
	record->end[1] = body[5];
	record->attributes = body[8];
	record->events = body[11];
	record->links = body[14];
	return true;
}

static __always_inline bool copy_span(struct span_record *record, __u64 span)
{
	struct go_string name, scope;
	struct parent_context parent;

	if (bpf_probe_read_user(&name, sizeof(name), (void *)span) ||
	    bpf_probe_read_user(&scope, sizeof(scope), (void *)(span + SNAPSHOT_SCOPE)) ||
	    bpf_probe_read_user(record->trace, sizeof(record->trace), (void *)(span + SNAPSHOT_TRACE)) ||
	    !read_parent(&parent, span) || !copy_body(record, span))
		return false;
	record->parent = parent.span;
	record->remote = parent.remote;
	record->sampled = parent.flags & 1;
	record->name_len = name.len;
	record->scope_len = scope.len;
	return copy_string(record->name, &name) && copy_string(record->scope, &scope);
}

// A span has ended: func (bsp *batchSpanProcessor) OnEnd(s ReadOnlySpan), or (ssp
// *simpleSpanProcessor), has s in argument words 1, the itab, and 2, a *snapshot.
// Which spans are read is random, so that the choice is not biased.
static __always_inline void note_span(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct span_record *record;

	if (!allowance || !chosen(allowance->one_in, &allowance->spans))
		return;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(tgid, spans);
		return;
	}
	record->kind = RECORD_SPAN;
	record->tgid = tgid;
	record->itab = GO_ARG_1(ctx);
	record->stands_for = allowance->one_in;
	record->pad = 0;
	if (copy_span(record, GO_ARG_2(ctx))) {
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
		return;
	}
	LOSE(tgid, spans);
	bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
}
