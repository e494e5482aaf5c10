// SPDX-License-Identifier: GPL-2.0 OR MIT
#pragma once

#include "records.h"

#define MAX_TARGETS 1024

// Hits and calls of a target's probes, by host tgid: all in one entry, so that one
// system call reads them. Entries are made in user space; a full map fails there.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct target_counters);
} counters SEC(".maps");

// What a group may spend. Entries are made in user space.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS * MAX_GROUPS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct group_key);
	__type(value, struct allowance);
} allowances SEC(".maps");

// What a target's groups have spent, by host tgid. Entries are made in user space.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct target_accounts);
} accounts SEC(".maps");

// Operations under way, by goroutine: a goroutine may change threads within
// one, and may die in it, so the oldest entry gives way when the map is full;
// its return is then counted as unmatched.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flight_key);
	__type(value, struct flight);
} flights SEC(".maps");

// The processor at work on a goroutine, from its exportSpans to the exporter's
// return. An export of nothing leaves its entry behind: hence LRU, and hence
// the exporter's address in each record, which tells a stale entry.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct goroutine_key);
	__type(value, __u64);
} turns SEC(".maps");

// Spans that are followed, with their span ids, by their address: End looks each
// span up here. User space learns most ends from memory and removes nothing, so
// the oldest entry gives way when the map is full; such an end is then learnt
// from memory too.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct followed_key);
	__type(value, __u64);
} followed SEC(".maps");

// Records of rare events: a few hundred a second and target at the most, so
// 1 MiB holds seconds of them. When full, a record is lost and counted.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

// What was lost, by host tgid. Entries are made in user space.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct loss);
} losses SEC(".maps");
