// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The program that samples CPU time: it counts the user stacks of targets. A perf
// event runs it on every CPU, and it checks itself whose CPU time that is, since a
// perf event that follows a process's new threads cannot have a program.
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define MAX_TARGETS 1024
#define MAX_STACKS  16384
#define MAX_SPARE   4096
#define MAX_FRAMES  127

// Added to the number of a stack in the spare map.
#define SPARE (1 << 24)

// Counts the samples that are not counted by stack.
struct unstacked {
	__u64 set_aside; // while the gate was shut
	__u64 trapped;   // of these, the ones on a probed instruction
	__u64 lost;      // no stack, or no room for it
};

struct stack_key {
	__u32 tgid;
	__s32 stack;
};

struct probed_key {
	__u64 address;
	__u32 tgid;
	__u32 pad;
};

// The gates by host tgid: 1 while probes are on the path of every span, since they
// slow the target down. No entry: not a target.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u32);
} gates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_TARGETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct unstacked);
} counters SEC(".maps");

// The addresses where a thread is while the kernel handles its hit of a probe: the
// instruction, and the byte after a trap of one byte. User space makes the entries,
// which fails there if the map is full.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TARGETS * 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct probed_key);
	__type(value, __u32);
} probed SEC(".maps");

// Samples by stack. User space takes them out regularly. If the map is full a sample
// is lost and counted.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_STACKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct stack_key);
	__type(value, __u64);
} samples SEC(".maps");

// The stacks, by a hash of their addresses, the leaf first. The second stack with a
// hash goes into the spare map; with a third the sample is lost. User space empties
// both maps before they are full.
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, MAX_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, MAX_SPARE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_FRAMES * sizeof(__u64));
} spare SEC(".maps");

// Reports whether the thread is at a probe, in user mode or within its trap.
static __always_inline bool trapped(void *ctx, __u32 tgid)
{
	struct probed_key key = {.tgid = tgid};

	return bpf_get_stack(ctx, &key.address, sizeof(key.address), BPF_F_USER_STACK) == sizeof(key.address) &&
	       bpf_map_lookup_elem(&probed, &key);
}

SEC("perf_event")
int sample(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 *gated = bpf_map_lookup_elem(&gates, &tgid);
	struct unstacked *unstacked = bpf_map_lookup_elem(&counters, &tgid);
	struct stack_key key = {.tgid = tgid};
	__u64 one = 1, *n;

	if (!gated || !unstacked)
		return 0;
	if (*gated) {
		unstacked->set_aside++;
		unstacked->trapped += trapped(ctx, tgid);
		return 0;
	}
	key.stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	if (key.stack == -EEXIST) {
		key.stack = bpf_get_stackid(ctx, &spare, BPF_F_USER_STACK);
		if (key.stack >= 0)
			key.stack += SPARE;
	}
	if (key.stack < 0) {
		unstacked->lost++;
		return 0;
	}
	n = bpf_map_lookup_elem(&samples, &key);
	if (!n && !bpf_map_update_elem(&samples, &key, &one, BPF_NOEXIST))
		return 0;
	if (!n)
		n = bpf_map_lookup_elem(&samples, &key); // another CPU was first
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		unstacked->lost++;
	return 0;
}
