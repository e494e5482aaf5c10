// SPDX-License-Identifier: GPL-2.0 OR MIT
#pragma once

#include "records.h"

#define MAX_TARGETS 1024

// Hits and calls of a target's probes, by host tgid. They are in one entry, so that
// one system call reads them. User space makes the entries, which fails there if the
// map is full.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct target_counters);
} counters SEC(".maps");

// The cookies of probes by their instructions, on kernels whose links have none. User space
// makes the entries, and the map is as large as it needs to be there.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cookie_key);
	__type(value, struct cookie);
} cookies SEC(".maps");

// The allowances of groups. User space makes the entries.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS * MAX_GROUPS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct group_key);
	__type(value, struct allowance);
} allowances SEC(".maps");

// What a target's groups have spent, by host tgid. User space makes the entries.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct target_accounts);
} accounts SEC(".maps");

// Operations under way, by goroutine: a goroutine may change threads during an
// operation, and may die in it. So the oldest entry is dropped when the map is full,
// and its return counts as unmatched.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flight_key);
	__type(value, struct flight);
} flights SEC(".maps");

// The processor that exports on a goroutine, from its exportSpans to the exporter's
// return. An export of no spans leaves its entry behind: so the map is LRU, and each
// record has the exporter's address, which reveals a stale entry.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct goroutine_key);
	__type(value, __u64);
} turns SEC(".maps");

// Span ids of followed spans, by the span's address: End looks each span up here. User
// space finds most ends in memory and does not remove entries, so the oldest entry is
// dropped when the map is full; user space finds that end in memory too.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct followed_key);
	__type(value, __u64);
} followed SEC(".maps");

// Records of rare events: a few hundred a second and target at most, so 1 MiB is
// enough for seconds. If it is full, a record is lost and counted.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

// The types of errors that are known, by the addresses of their methods. User space makes
// the entries.
#define MAX_SHAPES 32

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS * MAX_SHAPES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct shape_key);
	__type(value, struct shape);
} shapes SEC(".maps");

// When an error was last copied, CLOCK_MONOTONIC, by host tgid. User space makes the
// entries.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} errors_copied SEC(".maps");

// What was lost, by host tgid. User space makes the entries.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct loss);
} losses SEC(".maps");
