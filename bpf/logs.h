// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Batch processors of the log SDK: where they are, and what they drop.
#pragma once

#include "goabi.h"
#include "loss.h"

// func Warn(msg string, keysAndValues ...any), with msg in argument words 0 and 1, and the slice in
// words 2 and 3. A batch log processor calls it with the number of records that it has dropped
// since the last call: global.Warn("dropped log records", "dropped", d), in which d is an uint64 and
// so the second of two interfaces points at it. That counter is set to 0 with each call, so it
// cannot be read from memory. Source: internal/global/internal_logging.go, and
// sdk/log/batch.go from v0.5 to v1.47.
#define DROPPED_MESSAGE "dropped log records"
#define DROPPED_VALUE   24 // the data word of the second interface

static __always_inline __u64 dropped_records(struct pt_regs *ctx, __u32 tgid)
{
	union {
		char text[24];
		__u64 words[3];
	} message = {}, wanted = {DROPPED_MESSAGE};
	__u64 at, dropped;

	if (GO_ARG_1(ctx) != sizeof(DROPPED_MESSAGE) - 1 || GO_ARG_3(ctx) != 2)
		return 0;
	if (bpf_probe_read_user(message.text, sizeof(DROPPED_MESSAGE) - 1, (void *)GO_ARG_0(ctx))) {
		LOSE(tgid, reads);
		return 0;
	}
	if (message.words[0] != wanted.words[0] || message.words[1] != wanted.words[1] || message.words[2] != wanted.words[2])
		return 0;
	if (bpf_probe_read_user(&at, sizeof(at), (void *)(GO_ARG_2(ctx) + DROPPED_VALUE)) ||
	    bpf_probe_read_user(&dropped, sizeof(dropped), (void *)at)) {
		LOSE(tgid, reads);
		return 0;
	}
	return dropped;
}

// A batch log processor, in argument word 0 of OnEmit, receives a record.
static __always_inline void report_emitter(struct pt_regs *ctx, __u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct emitted_record *record;

	if (!allowance || !allowance->callers)
		return;
	allowance->callers -= 1;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(tgid, records);
		return;
	}
	record->kind = RECORD_EMITTED;
	record->tgid = tgid;
	record->processor = GO_ARG_0(ctx);
	record->seen_ns = bpf_ktime_get_ns();
	bpf_ringbuf_submit(record, 0); // it wakes otwatch, which reads how many the processor holds
}
