// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The end of a garbage collection.
#pragma once

#include "account.h"

// func (c *gcControllerState) resetLive(bytesMarked uint64) is called once a
// collection, with c in argument word 0 and bytesMarked in word 1. The content of c is
// still that of the collection before. Its layout is known in user space only.
static __always_inline void see_collection(struct pt_regs *ctx, __u32 tgid)
{
	struct collection_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		LOSE(tgid, records);
		return;
	}
	record->kind = RECORD_COLLECTION;
	record->tgid = tgid;
	record->ended_ns = bpf_ktime_get_ns();
	record->marked = GO_ARG_1(ctx);
	if (bpf_probe_read_user(record->controller, sizeof(record->controller), (void *)GO_ARG_0(ctx))) {
		LOSE(tgid, reads);
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}
