// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The programs of all probes. They do not know which function they are on: the
// cookie says what to do there, so that a new probe is a row of the catalogue in
// internal/probes and not a new program. They never write to the target, and none
// is a uretprobe.
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "goabi.h"
#include "collection.h"
#include "component.h"
#include "follow.h"
#include "operation.h"
#include "span.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

// For the generated Go types.
struct operation_record *unused_operation_record __attribute__((unused));
struct processor_record *unused_processor_record __attribute__((unused));
struct overspent_record *unused_overspent_record __attribute__((unused));
struct collection_record *unused_collection_record __attribute__((unused));
struct span_record *unused_span_record __attribute__((unused));
struct started_record *unused_started_record __attribute__((unused));
struct error_record *unused_error_record __attribute__((unused));
struct ended_record *unused_ended_record __attribute__((unused));
struct built_record *unused_built_record __attribute__((unused));
struct stopped_record *unused_stopped_record __attribute__((unused));
struct caller_record *unused_caller_record __attribute__((unused));
struct cookie_key *unused_cookie_key __attribute__((unused));
struct emitted_record *unused_emitted_record __attribute__((unused));
struct cookie *unused_cookie __attribute__((unused));

// Whether cookies are found by the addresses of the probed instructions: the links of kernels
// before 5.15 have none. It is known when the program is loaded, so the kernel verifies and
// keeps only one of the two ways.
const volatile bool cookies_by_address = false;

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

// Returns the cookie of the probe that was hit; 0 if it is not known.
static __always_inline struct cookie cookie_of(struct pt_regs *ctx, __u32 hot)
{
	union {
		__u64 word;
		struct cookie fields;
	} cookie = {};

	if (cookies_by_address) {
		struct cookie_key key = {.tgid = current_tgid(), .hot = hot, .address = GO_PC(ctx)};
		struct cookie *found = bpf_map_lookup_elem(&cookies, &key);

		if (found)
			cookie.fields = *found;
	} else {
		cookie.word = bpf_get_attach_cookie(ctx);
	}
	return cookie.fields;
}

// Hot functions: counts the call, reads some of the spans that end, and follows some
// of those that start.
SEC("uprobe.multi")
int count(struct pt_regs *ctx)
{
	struct cookie cookie = cookie_of(ctx, 1);
	__u32 tgid = current_tgid();

	if (!cookie.action || !charge(ctx, tgid, &cookie))
		return 0;
	switch (cookie.action) {
	case ACTION_SPAN:
		note_span(ctx, tgid, &cookie);
		break;
	case ACTION_STARTED:
		follow_span(ctx, tgid, &cookie);
		break;
	case ACTION_ENDED:
		end_span(ctx, tgid, &cookie);
		break;
	case ACTION_EMIT:
		report_emitter(ctx, tgid, &cookie);
		break;
	default: // counts only
		break;
	}
	return 0;
}

// Rare functions: does what the cookie says.
SEC("uprobe.multi")
int observe(struct pt_regs *ctx)
{
	struct cookie cookie = cookie_of(ctx, 0);
	__u32 tgid = current_tgid();
	struct goroutine_key goroutine = {.tgid = tgid, .goroutine = GO_G(ctx)};
	struct flight_key key = {.tgid = tgid, .operation = cookie.operation, .goroutine = GO_G(ctx)};

	if (!cookie.action || !charge(ctx, tgid, &cookie))
		return 0;
	switch (cookie.action) {
	case ACTION_ENTER:
		enter(ctx, &key, &goroutine, cookie.probe);
		if (cookie.operation == OPERATION_FLUSH || cookie.operation == OPERATION_SHUTDOWN)
			report_caller(ctx, &cookie, tgid);
		if (cookie.operation == OPERATION_SHUTDOWN)
			see_stopped(ctx, tgid);
		break;
	case ACTION_LEAVE_IF_NIL:
		if (GO_ARG_0(ctx))
			break; // another probe sees it return
		// fall through
	case ACTION_LEAVE:
		leave(ctx, &key, &goroutine, cookie.group);
		break;
	case ACTION_PROCESSOR:
	case ACTION_ENQUEUE:
	case ACTION_SIMPLE:
		see_processor(ctx, &goroutine, cookie.action);
		break;
	case ACTION_REJECTED:
		reject(ctx, &key);
		break;
	case ACTION_RETRY:
		retry(ctx, &key);
		break;
	case ACTION_PAYLOAD:
		weigh(ctx, &key);
		break;
	case ACTION_MESSAGE:
		send_message(ctx, &key);
		break;
	case ACTION_ANSWER:
		see_answer(ctx, &key);
		break;
	case ACTION_COLLECTION:
		see_collection(ctx, tgid);
		break;
	case ACTION_BUILT:
	case ACTION_BUILT_AS:
	case ACTION_CREATING:
		see_built(ctx, tgid, &cookie);
		break;
	case ACTION_STOPPED:
		see_stopped(ctx, tgid);
		break;
	default: // counts only
		break;
	}
	return 0;
}
