// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// What was lost.
#pragma once

#include "maps.h"

// Counts one loss of a target: LOSE(tgid, records) and so on.
#define LOSE(tgid, what)                                                   \
	do {                                                               \
		__u32 key_ = (tgid);                                       \
		struct loss *losses_ = bpf_map_lookup_elem(&losses, &key_); \
		if (losses_)                                               \
			losses_->what += 1;                                \
	} while (0)
