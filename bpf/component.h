// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Components of the SDK that are built and shut down.
#pragma once

#include "account.h"

// A constructor returns a component: its address is in result word 0, or in word 1 if the
// result is an interface. A nil one, as beside an error, is none. On entry, it has none yet. The kernel follows frame
// pointers from the caller's frame on, as the constructor's is gone: so the caller is read
// by itself.
static __always_inline void see_built(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	__u64 component = CHOSEN(GO_ARG_0(ctx)), data = CHOSEN(GO_ARG_1(ctx)), caller = 0;
	struct built_record *record;
	long bytes;

	if (cookie->action == ACTION_BUILT_AS)
		component = data;
	if (cookie->action == ACTION_CREATING)
		component = 0;
	else if (!component)
		return;
	if (GO_RETURN_ADDRESS(ctx, &caller))
		LOSE(tgid, reads);
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(tgid, records);
		return;
	}
	record->kind = RECORD_BUILT;
	record->tgid = tgid;
	record->component = component;
	record->built_ns = bpf_ktime_get_ns();
	record->probe = cookie->probe;
	record->caller = caller;
	bytes = bpf_get_stack(ctx, record->stack, sizeof(record->stack), BPF_F_USER_STACK);
	record->frames = bytes > 0 ? bytes / sizeof(record->stack[0]) : 0;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

// A component is being shut down: the method's receiver is in argument word 0.
static __always_inline void see_stopped(struct pt_regs *ctx, __u32 tgid)
{
	struct stopped_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		LOSE(tgid, records);
		return;
	}
	record->kind = RECORD_STOPPED;
	record->tgid = tgid;
	record->component = GO_ARG_0(ctx);
	record->stopped_ns = bpf_ktime_get_ns();
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}
