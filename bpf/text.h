// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Copying strings of the target.
#pragma once

#include "account.h"

struct go_string {
	__u64 data, len;
};

// Copies a string of the target, as far as there is room. False: it cannot be read,
// for example because its page is not in memory.
static __always_inline bool copy_string(char *to, struct go_string *from)
{
	__u32 len = from->len < SPAN_TEXT ? from->len : SPAN_TEXT;

	__builtin_memset(to, 0, SPAN_TEXT);
	return !len || !bpf_probe_read_user(to, len, (void *)from->data);
}
