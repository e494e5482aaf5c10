// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Reading the names of some of the spans that end.
#pragma once

#include "follow.h"

// Layout of go.opentelemetry.io/otel/sdk/trace.snapshot, the same in v1.0 to v1.47
// (sdk/trace/snapshot.go, read back from DWARF): name at 0, parent at 80 (a
// trace.SpanContext with spanID at 16 and remote at 56), attributes at 200, and the
// instrumentation scope, which begins with its name, at 336.
#define SNAPSHOT_PARENT_SPAN   96
#define SNAPSHOT_PARENT_REMOTE 136
#define SNAPSHOT_ATTRIBUTES    208
#define SNAPSHOT_SCOPE         336

static __always_inline bool copy_span(struct span_record *record, __u64 span)
{
	struct go_string name, scope;
	__u8 remote;

	if (bpf_probe_read_user(&name, sizeof(name), (void *)span) ||
	    bpf_probe_read_user(&scope, sizeof(scope), (void *)(span + SNAPSHOT_SCOPE)) ||
	    bpf_probe_read_user(&record->parent, sizeof(record->parent), (void *)(span + SNAPSHOT_PARENT_SPAN)) ||
	    bpf_probe_read_user(&remote, sizeof(remote), (void *)(span + SNAPSHOT_PARENT_REMOTE)) ||
	    bpf_probe_read_user(&record->attributes, sizeof(record->attributes), (void *)(span + SNAPSHOT_ATTRIBUTES)))
		return false;
	record->remote = remote;
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
	if (copy_span(record, GO_ARG_2(ctx))) {
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
		return;
	}
	LOSE(tgid, spans);
	bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
}
