// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The accounts that every program keeps: hits, what they cost, what was lost.
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

// Tells user space at once that the group has spent its allowance. It closes
// the group's probes; a crossing is told once.
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

// Counts the hit and charges it to its group. False: not a target's hit.
static __always_inline bool charge(__u32 tgid, struct cookie *cookie)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct target_tallies *tallied = bpf_map_lookup_elem(&tallies, &tgid);
	struct target_accounts *kept = bpf_map_lookup_elem(&accounts, &tgid);
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct account *account;
	struct tally *tally;

	if (!tallied || !kept || !allowance)
		return false;
	tally = &tallied->of[cookie->probe % MAX_PROBES];
	account = &kept->of[cookie->group % MAX_GROUPS];
	tally->hits += 1;
	if (account->spent_ns < allowance->limit_ns)
		tally->calls += 1;
	__sync_fetch_and_add(&account->spent_ns, cookie->stepped ? allowance->stepped_ns : allowance->emulated_ns);
	if (account->spent_ns >= allowance->limit_ns)
		report_overspent(&group, account, allowance->limit_ns);
	return true;
}
