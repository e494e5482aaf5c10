// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// What every program counts: hits, what they cost, what was lost.
#pragma once

#include "logs.h"
#include "parent.h"

// Reports to user space at once, and once, that a group has spent its allowance. User
// space removes the group's probes.
static __always_inline void report_overspent(struct group_key *key, struct account *account, __u64 limit_ns)
{
	struct overspent_record *record;

	if (account->reported_limit_ns == limit_ns)
		return;
	account->reported_limit_ns = limit_ns;
	account->reported_ns = bpf_ktime_get_ns();
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(key->tgid, records);
		return;
	}
	record->kind = RECORD_OVERSPENT;
	record->tgid = key->tgid;
	record->group = key->group;
	record->pad = 0;
	record->spent_ns = account->spent_ns;
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

// Reports whether a call does nothing: func (s *recordingSpan) End(options), with s in argument
// word 0, returns at once if the span has ended, that is, if its end time, a time.Time, is
// not zero. Instrumentation often ends spans twice, as otelhttp's client does when a body
// has been read, and again when it is closed. Source: sdk/trace/span.go.
static __always_inline bool does_nothing(struct pt_regs *ctx, struct cookie *cookie, struct allowance *allowance)
{
	__u64 end_time[2] = {};

	if (cookie->action != ACTION_ENDED || !allowance->end_time ||
	    bpf_probe_read_user(end_time, sizeof(end_time), (void *)(GO_ARG_0(ctx) + allowance->end_time)))
		return false;
	return end_time[0] || end_time[1];
}

// Reports whether a span that is being ended is recorded only: the SDK's processors discard
// it.
static __always_inline bool recorded_only(struct pt_regs *ctx, struct cookie *cookie, struct allowance *allowance)
{
	__u8 flags;

	if (cookie->action != ACTION_ENDED || !allowance->end_time || !allowance->span_id ||
	    !read_flags(&flags, GO_ARG_0(ctx), allowance->span_id))
		return false;
	return !(flags & FLAG_SAMPLED);
}

// Counts a recorded span that has been started, a *recordingSpan in argument word 0, by the origin
// of its parent and by whether it is sampled. One that cannot be read is in no count.
static __always_inline void count_started(struct pt_regs *ctx, struct target_counters *counted, struct allowance *allowance)
{
	struct parent_context parent;
	enum origin origin = ORIGIN_NONE;
	__u64 index;
	__u8 flags;

	if (!allowance->parent || !allowance->span_id ||
	    bpf_probe_read_user(&parent, sizeof(parent), (void *)(GO_ARG_0(ctx) + allowance->parent)) ||
	    !read_flags(&flags, GO_ARG_0(ctx), allowance->span_id))
		return;
	if (parent.span)
		origin = parent.remote ? ORIGIN_REMOTE : ORIGIN_LOCAL;
	index = origin << 1 | (flags & FLAG_SAMPLED);
	// The compiler would leave the bound out, which it can prove, and old kernels (6.1) cannot.
	asm volatile("" : "+r"(index));
	counted->started[index % MAX_STARTS] += 1;
}

// Reports whether a span that has ended, a *snapshot in argument word 2 of OnEnd, has no parent
// in the process. It is read of each, so that spans a request are counted rather than drawn.
static __always_inline bool is_local_root(struct pt_regs *ctx)
{
	struct parent_context parent;

	return read_parent(&parent, GO_ARG_2(ctx)) && (!parent.span || parent.remote);
}

// Counts the hit and charges it to its group. False: not a target's hit.
static __always_inline bool charge(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct target_counters *counted = bpf_map_lookup_elem(&counters, &tgid);
	struct target_accounts *kept = bpf_map_lookup_elem(&accounts, &tgid);
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct account *account;
	struct counter *counter;

	if (!counted || !kept || !allowance)
		return false;
	counter = &counted->of[cookie->probe % MAX_PROBES];
	account = &kept->of[cookie->group % MAX_GROUPS];
	counter->hits += 1;
	if (account->spent_ns < allowance->limit_ns && !does_nothing(ctx, cookie, allowance)) {
		counter->calls += 1;
		if (recorded_only(ctx, cookie, allowance))
			counter->unsampled += 1;
		if (cookie->action == ACTION_SPAN && is_local_root(ctx))
			counter->roots += 1;
		if (cookie->action == ACTION_STARTED)
			count_started(ctx, counted, allowance);
		if (cookie->action == ACTION_DROPPED)
			counter->dropped += dropped_records(ctx, tgid);
	}
	__sync_fetch_and_add(&account->spent_ns, cookie->stepped ? allowance->stepped_ns : allowance->emulated_ns);
	if (account->spent_ns >= allowance->limit_ns)
		report_overspent(&group, account, allowance->limit_ns);
	return true;
}
