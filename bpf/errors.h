// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Copying the error that an operation returns, while it is certainly there: what the
// operation leaves behind may be collected and reused before otwatch can read it.
#pragma once

#include "account.h"

// How long no other error of the target is copied: errors that are returned all the time
// are alike, and copying one takes microseconds.
#define ERROR_PAUSE_NS 50000000

// Where runtime.itab has its first method, which of an error is Error. Source:
// internal/abi/iface.go.
#define ITAB_METHODS 24

struct go_interface {
	__u64 itab, data;
};

struct go_text {
	__u64 data, len;
};

// Copies a string of the target, as far as there is room.
static __always_inline void copy_text(struct error_level *level, struct go_text *from)
{
	__u32 len = from->len < ERROR_TEXT ? from->len : ERROR_TEXT;

	if (len && bpf_probe_read_user(level->text, len, (void *)from->data))
		return;
	level->len = from->len;
	level->read = 1;
}

// google.golang.org/genproto/googleapis/rpc/status.Status in words: its code and message
// follow the message's state since the generator of v1.36, and before that the size and
// the unknown fields too, which a status does not have. A code is not 0.
#define STATUS_WORDS 8

// func (e *Error) of google.golang.org/grpc/internal/status is struct { s *Status }, and
// Status struct { s *spb.Status }.
static __always_inline void copy_status(struct error_level *level, __u64 error)
{
	__u64 words[STATUS_WORDS], status;
	struct go_text message;
	bool lately;

	if (bpf_probe_read_user(&status, sizeof(status), (void *)error) ||
	    bpf_probe_read_user(&status, sizeof(status), (void *)status) ||
	    bpf_probe_read_user(words, sizeof(words), (void *)status))
		return;
	lately = (__u32)words[1] && words[2] >> 32;
	level->value = (__u32)(lately ? words[1] : words[5]);
	message.data = lately ? words[2] : words[6];
	message.len = lately ? words[3] : words[7];
	copy_text(level, &message);
}

// Copies one error of a chain, and finds the next one. False: there is none, or its type
// is not known.
static __always_inline bool copy_level(struct error_level *level, __u32 tgid, struct go_interface *error)
{
	struct shape_key key = {.tgid = tgid};
	struct go_text text;
	struct shape *shape;

	if (bpf_probe_read_user(&key.method, sizeof(key.method), (void *)(error->itab + ITAB_METHODS)))
		return false;
	level->method = key.method;
	shape = bpf_map_lookup_elem(&shapes, &key);
	if (!shape)
		return false;
	switch (shape->holds) {
	case HOLDS_STATUS:
		copy_status(level, error->data);
		return false;
	case HOLDS_NUMBER:
		level->read = !bpf_probe_read_user(&level->value, sizeof(level->value), (void *)error->data);
		return false;
	case HOLDS_TEXT:
	case HOLDS_BOTH:
		if (bpf_probe_read_user(&text, sizeof(text), (void *)(error->data + shape->text)))
			return false;
		copy_text(level, &text);
		break;
	case HOLDS_LIST: // the first of them
		if (bpf_probe_read_user(&text, sizeof(text), (void *)error->data) || !text.len)
			return false;
		level->read = 1;
		level->value = text.len;
		return !bpf_probe_read_user(error, sizeof(*error), (void *)text.data);
	default: // HOLDS_NOTHING, HOLDS_ERROR
		level->read = 1;
		break;
	}
	if (shape->holds != HOLDS_BOTH && shape->holds != HOLDS_ERROR)
		return false;
	return !bpf_probe_read_user(error, sizeof(*error), (void *)(error->data + shape->next)) && error->itab;
}

// Returns whether there is time to copy an error of the target. Errors of two CPUs at
// once may both be copied.
static __always_inline bool error_due(__u32 tgid, __u64 now)
{
	__u64 *copied = bpf_map_lookup_elem(&errors_copied, &tgid);

	if (!copied || now - *copied < ERROR_PAUSE_NS)
		return false;
	*copied = now;
	return true;
}

// Begins the report of an error. NULL: it is not due, or there is no room.
static __always_inline struct error_record *new_error(struct flight_key *key)
{
	__u64 now = bpf_ktime_get_ns();
	struct error_record *record;

	if (!error_due(key->tgid, now))
		return NULL;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(key->tgid, records);
		return NULL;
	}
	record->kind = RECORD_ERROR;
	record->tgid = key->tgid;
	record->goroutine = key->goroutine;
	record->begun_ns = now;
	record->depth = 0;
	record->partial = 0;
	return record;
}

// Ends the report, and charges the time that it took to the operation's group.
static __always_inline void submit_error(struct error_record *record, struct flight_key *key, __u32 group)
{
	__u32 tgid = key->tgid;
	struct target_accounts *kept = bpf_map_lookup_elem(&accounts, &tgid);

	if (kept)
		__sync_fetch_and_add(&kept->of[group % MAX_GROUPS].spent_ns, bpf_ktime_get_ns() - record->begun_ns);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline void clear_level(struct error_level *level)
{
	level->method = 0;
	level->value = 0;
	level->len = 0;
	level->read = 0;
}

// Reports the error that an operation returns, in a record before that of the operation.
static __always_inline void copy_error(struct pt_regs *ctx, struct flight_key *key, __u32 group)
{
	struct go_interface error = {.itab = GO_ARG_0(ctx), .data = GO_ARG_1(ctx)};
	struct error_record *record = new_error(key);
	bool more = true;

	if (!record)
		return;
#pragma unroll
	for (int i = 0; i < ERROR_LEVELS; i++) {
		clear_level(&record->levels[i]);
		if (more) {
			record->depth = i + 1;
			more = copy_level(&record->levels[i], key->tgid, &error);
		}
	}
	submit_error(record, key, group);
}

// The receiver's answer, an ExportTraceServiceResponse of package
// collector/trace/v1, in words: as with the request, a PartialSuccess follows the
// message's state since the generator of v1.36, and before that the size and the unknown
// fields too. The same holds for the PartialSuccess, with RejectedSpans, an int64, and
// ErrorMessage.
#define ANSWER_WORDS  6
#define PARTIAL_WORDS 8

// Reads what a receiver has rejected, if it has answered with a partial success. Where no
// error is returned, the receiver's message is reported in place of it.
static __always_inline void read_answer(struct pt_regs *ctx, struct flight *flight, struct flight_key *key, __u32 group)
{
	__u64 answer[ANSWER_WORDS], partial[PARTIAL_WORDS];
	struct error_record *record;
	struct go_text message;
	bool lately;

	if (!flight->answer || flight->partial ||
	    bpf_probe_read_user(answer, sizeof(answer), (void *)flight->answer))
		return;
	lately = answer[1] >> 32;
	if (!lately && !(answer[5] >> 32))
		return;
	if (bpf_probe_read_user(partial, sizeof(partial), (void *)(lately ? answer[1] : answer[5]))) {
		LOSE(key->tgid, reads);
		return;
	}
	flight->partial = 1;
	flight->rejected = lately ? partial[1] : partial[5];
	message.data = lately ? partial[2] : partial[6];
	message.len = lately ? partial[3] : partial[7];
	if (GO_ARG_0(ctx) || (!flight->rejected && !message.len))
		return;
	record = new_error(key);
	if (!record)
		return;
	record->partial = 1;
	record->depth = 1;
	clear_level(&record->levels[0]);
	copy_text(&record->levels[0], &message);
	submit_error(record, key, group);
}
