// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Following some spans from their start, to find those that are never ended.
#pragma once

#include "text.h"

// Chooses at random one of one_in, and counts down what may be chosen. If two threads
// choose at once, one may not be counted.
static __always_inline bool chosen(__u32 one_in, __u32 *left)
{
	if (!*left || !one_in)
		return false;
	if (one_in > 1 && bpf_get_prandom_u32() > 0xffffffff / one_in)
		return false;
	*left -= 1;
	return true;
}

// Copies the span's name, which is empty if it cannot be read.
static __always_inline void copy_name(struct started_record *record, __u32 offset)
{
	struct go_string name;

	record->name_len = 0;
	if (!bpf_probe_read_user(&name, sizeof(name), (void *)(record->span + offset)) && copy_string(record->name, &name))
		record->name_len = name.len;
}

static __always_inline bool copy_started(struct started_record *record, struct pt_regs *ctx, struct allowance *allowance)
{
	long bytes = bpf_get_stack(ctx, record->stack, sizeof(record->stack), BPF_F_USER_STACK);

	if (bytes <= 0)
		return false;
	record->frames = bytes / sizeof(record->stack[0]);
	record->stands_for = allowance->one_in;
	record->started_ns = bpf_ktime_get_ns();
	record->goroutine = GO_G(ctx);
	copy_name(record, allowance->span_name);
	return !bpf_probe_read_user(&record->id, sizeof(record->id), (void *)(record->span + allowance->span_id));
}

// A recorded span has been started: func (s *recordingSpan) runtimeTrace(ctx) is the
// last call in Start, in v1.0 to v1.47 (sdk/trace/tracer.go), with s in argument word
// 0. By then s is complete: its ids and its name are set.
static __always_inline void follow_span(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct followed_key key = {.tgid = tgid, .span = GO_ARG_0(ctx)};
	struct started_record *record;
	bool copied;
	__u64 id;

	if (!allowance || !allowance->span_id || !chosen(allowance->one_in, &allowance->starts))
		return;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(tgid, starts);
		return;
	}
	record->kind = RECORD_STARTED;
	record->tgid = tgid;
	record->span = key.span;
	copied = copy_started(record, ctx, allowance);
	id = record->id; // kernels 5.10 and 6.1 do not accept a pointer into the record as a map's value
	if (!copied || bpf_map_update_elem(&followed, &key, &id, BPF_ANY)) {
		LOSE(tgid, starts);
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

// A span is being ended: func (s *recordingSpan) End(options) has s in argument word
// 0. A span at the address of a followed one may be another, which has another id.
static __always_inline void end_span(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct followed_key key = {.tgid = tgid, .span = GO_ARG_0(ctx)};
	__u64 *followed_id = bpf_map_lookup_elem(&followed, &key);
	struct allowance *allowance;
	struct ended_record *record;
	__u64 id = 0;

	if (!followed_id)
		return;
	allowance = bpf_map_lookup_elem(&allowances, &group);
	if (allowance && !bpf_probe_read_user(&id, sizeof(id), (void *)(key.span + allowance->span_id)) && id == *followed_id) {
		record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
		if (record) {
			record->kind = RECORD_ENDED;
			record->tgid = tgid;
			record->span = key.span;
			record->id = id;
			record->ended_ns = bpf_ktime_get_ns();
			bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
		} else {
			LOSE(tgid, starts);
		}
	}
	bpf_map_delete_elem(&followed, &key);
}
