// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Copying a batch span processor's state out of the target's memory.
#pragma once

#include "account.h"

// Layout of go.opentelemetry.io/otel/sdk/trace.batchSpanProcessor: its queue, a
// channel, is in word 7 in v1.0 to v1.47. In v1.38 only, its batch is far behind the
// queue. runtime.hchan begins with qcount and dataqsiz.
#define PROCESSOR_QUEUE 7
#define PROCESSOR_LATE  168

static __always_inline void copy_processor(struct processor_image *image, __u32 tgid, __u64 address)
{
	struct {
		__u64 len, cap;
	} queue = {};

	__builtin_memset(image, 0, sizeof(*image));
	if (!address)
		return;
	image->address = address;
	if (bpf_probe_read_user(image->words, sizeof(image->words), (void *)address) ||
	    bpf_probe_read_user(&queue, sizeof(queue), (void *)image->words[PROCESSOR_QUEUE])) {
		LOSE(tgid, reads);
		return;
	}
	// In other versions the object may end before, and so may the mapped memory.
	if (bpf_probe_read_user(image->late, sizeof(image->late), (void *)(address + PROCESSOR_LATE)))
		__builtin_memset(image->late, 0, sizeof(image->late));
	image->queue_len = queue.len;
	image->queue_cap = queue.cap;
	image->valid = 1;
}
