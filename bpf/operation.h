// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// One operation, such as a call of an exporter, from its beginning to its return; it
// may be retried or partly rejected. Keys have the goroutine: goroutines move between
// threads.
#pragma once

#include "errors.h"
#include "metrics.h"
#include "processor.h"

// Where go.opentelemetry.io/otel/sdk/trace.snapshot has its *resource.Resource, in
// v1.0 to v1.47. Unlike the snapshot, the Resource lives as long as its provider.
// Source: sdk/trace/snapshot.go, read back from DWARF.
#define SNAPSHOT_RESOURCE 328

// Notes the span that OnEnd is handed, a ReadOnlySpan in argument words 1, the itab,
// and 2. If it is not of the SDK's type, the resource may be anything: user space
// checks the itab first.
static __always_inline void see_span(struct pt_regs *ctx, struct processor_record *record)
{
	record->itab = GO_ARG_1(ctx);
	record->snapshot = GO_ARG_2(ctx);
	if (bpf_probe_read_user(&record->resource, sizeof(record->resource), (void *)(record->snapshot + SNAPSHOT_RESOURCE)))
		record->resource = 0;
}

// A span processor exports or is handed a span: func (bsp *batchSpanProcessor)
// exportSpans(ctx) error, and OnEnd(s ReadOnlySpan) of both processors, have it in
// argument word 0.
static __always_inline void see_processor(struct pt_regs *ctx, struct goroutine_key *goroutine, enum action action)
{
	__u64 address = GO_ARG_0(ctx);
	bool exports = action == ACTION_PROCESSOR;
	struct processor_record *record;

	if (exports && bpf_map_update_elem(&turns, goroutine, &address, BPF_ANY))
		LOSE(goroutine->tgid, flights);
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(goroutine->tgid, records);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->kind = RECORD_PROCESSOR;
	record->tgid = goroutine->tgid;
	record->goroutine = goroutine->goroutine;
	record->seen_ns = bpf_ktime_get_ns();
	record->simple = action == ACTION_SIMPLE;
	if (!exports)
		see_span(ctx, record);
	if (record->simple)
		record->processor.address = address;
	else
		copy_processor(&record->processor, goroutine->tgid, address);
	// Discovery has only some dozen hits. It wakes otwatch, which then examines
	// what may not live for long.
	bpf_ringbuf_submit(record, exports ? BPF_RB_NO_WAKEUP : 0);
}

// Reports who flushes or shuts a component down, a few times an allowance.
static __always_inline void report_caller(struct pt_regs *ctx, struct cookie *cookie, __u32 tgid)
{
	struct group_key group = {.tgid = tgid, .group = cookie->group};
	struct allowance *allowance = bpf_map_lookup_elem(&allowances, &group);
	struct caller_record *record;
	long bytes;

	if (!allowance || !allowance->callers)
		return;
	allowance->callers -= 1;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(tgid, records);
		return;
	}
	record->kind = RECORD_CALLER;
	record->tgid = tgid;
	record->probe = cookie->probe;
	record->return_address = 0;
	bytes = bpf_get_stack(ctx, record->stack, sizeof(record->stack), BPF_F_USER_STACK);
	if (bytes <= 0 || GO_RETURN_ADDRESS(ctx, &record->return_address)) {
		LOSE(tgid, reads);
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	record->frames = bytes / sizeof(record->stack[0]);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

// An operation begins. Its receiver is in argument word 0. func (e *Exporter)
// ExportSpans(ctx, spans []ReadOnlySpan) error and func (e *timeoutExporter)
// Export(ctx, records []Record) error have the length of the slice in word 4. func (r
// *PeriodicReader) collect(ctx, p any, rm *ResourceMetrics) error has what it fills in
// word 5, which is kept in place of the length until it is filled. If an operation of
// another function or receiver is under way on the goroutine, it wraps this one. One
// of the same function and receiver was left by a panic.
static __always_inline void enter(struct pt_regs *ctx, struct flight_key *key, struct goroutine_key *goroutine, __u16 probe)
{
	__u64 filled = GO_ARG_5(ctx);
	struct flight flight = {
		.started_ns = bpf_ktime_get_ns(),
		.entry = GO_PC(ctx),
		.receiver = GO_ARG_0(ctx),
		.length = key->operation == OPERATION_COLLECT ? filled : GO_ARG_4(ctx),
		.probe = probe,
	};
	struct flight *outer = bpf_map_lookup_elem(&flights, key);
	__u64 *processor = NULL;

	if (outer && (outer->receiver != flight.receiver || outer->entry != flight.entry)) {
		outer->nested += 1;
		return;
	}
	if (key->operation == OPERATION_EXPORT)
		processor = bpf_map_lookup_elem(&turns, goroutine);
	if (processor)
		flight.processor = *processor;
	if (bpf_map_update_elem(&flights, key, &flight, BPF_ANY))
		LOSE(key->tgid, flights);
}

// The receiver answered with a partial success, and its error text is being made: func
// (ps *PartialSuccess) Error() string has ps in argument word 0, and ps.RejectedItems
// follows ps.ErrorMessage, a string. The SDK counts the first one of a call.
#define PARTIAL_SUCCESS_REJECTED 16

static __always_inline void reject(struct pt_regs *ctx, struct flight_key *key)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);

	if (!flight || flight->partial)
		return;
	if (bpf_probe_read_user(&flight->rejected, sizeof(flight->rejected), (void *)(GO_ARG_0(ctx) + PARTIAL_SUCCESS_REJECTED)))
		LOSE(key->tgid, reads);
	else
		flight->partial = 1;
}

// The operation waits before another attempt: func wait(ctx, delay
// time.Duration) error has delay in argument word 2.
static __always_inline void retry(struct pt_regs *ctx, struct flight_key *key)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);

	if (!flight)
		return;
	flight->retries += 1;
	flight->backoff_ns += GO_ARG_2(ctx);
}

// The operation sends its payload: func (r *request) reset(ctx) of otlptracehttp has r
// in argument word 0, struct { *http.Request; bodyReader func() io.ReadCloser }. The
// function's closure has the body, a []byte, and the SDK sets ContentLength to its
// length, or to -1 if gzip made it. A body that contradicts this is ignored. gzip ends
// with the length of what it has compressed (RFC 1952, ISIZE). Source:
// exporters/otlp/otlptrace/otlptracehttp/client.go; net/http/request.go.
#define CLOSURE_CAPTURED       8
#define REQUEST_CONTENT_LENGTH 88
#define GZIP_MAGIC             0x8b1f

static __always_inline void weigh(struct pt_regs *ctx, struct flight_key *key)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);
	struct { __u64 request, body_reader; } request = {};
	struct { __u64 data, len, cap; } body = {};
	__s64 length = 0;
	__u16 magic = 0;
	__u32 encoded = 0;

	if (!flight)
		return;
	flight->sent = 0;
	if (bpf_probe_read_user(&request, sizeof(request), (void *)GO_ARG_0(ctx)) ||
	    bpf_probe_read_user(&length, sizeof(length), (void *)(request.request + REQUEST_CONTENT_LENGTH)) ||
	    bpf_probe_read_user(&body, sizeof(body), (void *)(request.body_reader + CLOSURE_CAPTURED)))
		return;
	if (body.len < sizeof(encoded) || body.len > body.cap)
		return;
	if (length == (__s64)body.len) {
		flight->encoded = flight->sent = body.len;
		return;
	}
	if (length != -1 || bpf_probe_read_user(&magic, sizeof(magic), (void *)body.data) || magic != GZIP_MAGIC ||
	    bpf_probe_read_user(&encoded, sizeof(encoded), (void *)(body.data + body.len - sizeof(encoded))))
		return;
	flight->encoded = encoded;
	flight->sent = body.len;
}

// An OTLP request, in words. It begins with the message's state. Since the generator
// of v1.36, ResourceSpans follow, then the unknown fields, then what is kept of the
// size that the message was last encoded to, an int32. Before, that size, padded with
// zeros, the unknown fields and ResourceSpans. They are distinguished by a slice's
// address, which has bits above the 32nd. Source: proto/otlp,
// collector/trace/v1/trace_service.pb.go.
struct message {
	__u64 words[8];
};

static __always_inline bool generated_lately(struct message *m) { return m->words[1] >> 32; }

static __always_inline __u64 spans_in(struct message *m) { return generated_lately(m) ? m->words[1] : m->words[5]; }

static __always_inline __u32 kept_size(struct message *m) { return generated_lately(m) ? m->words[7] : m->words[1]; }

// The operation sends a message: func (c *traceServiceClient) Export(ctx, in
// *ExportTraceServiceRequest, ...) has it in argument word 3.
static __always_inline void send_message(struct pt_regs *ctx, struct flight_key *key)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);
	struct message message;

	if (!flight)
		return;
	flight->message = 0;
	if (bpf_probe_read_user(&message, sizeof(message), (void *)GO_ARG_3(ctx)))
		return;
	flight->message = GO_ARG_3(ctx);
	flight->spans = spans_in(&message);
}

// Returns what is kept of the size of the operation's message. Nothing keeps the
// message alive until the operation returns: if it has other content by then it is
// another object.
static __always_inline __u64 size_kept(struct flight *flight)
{
	struct message message;

	if (!flight->message || bpf_probe_read_user(&message, sizeof(message), (void *)flight->message) ||
	    spans_in(&message) != flight->spans)
		return 0;
	return kept_size(&message);
}

// The operation begins to decode the receiver's answer: func (x
// *ExportTraceServiceResponse) Reset() has it in argument word 0. All versions of protobuf
// call it first, and the last one is that of the attempt that was answered. Nothing keeps
// it alive until the operation returns, as with the message.
static __always_inline void see_answer(struct pt_regs *ctx, struct flight_key *key)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);

	if (flight)
		flight->answer = GO_ARG_0(ctx);
}

// Reports whether an operation's error says why something was not exported.
static __always_inline bool exports(struct flight_key *key)
{
	return key->operation == OPERATION_EXPORT || key->operation == OPERATION_METRICS || key->operation == OPERATION_LOGS;
}

// The operation returns. Its error is in result words 0 (the type, nil for no error)
// and 1.
static __always_inline void leave(struct pt_regs *ctx, struct flight_key *key, struct goroutine_key *goroutine, __u32 group)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);
	struct operation_record *record;

	if (flight && flight->nested) {
		flight->nested -= 1;
		return;
	}
	if (flight)
		read_answer(ctx, flight, key, group);
	if (GO_ARG_0(ctx) && exports(key))
		copy_error(ctx, key, group);
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(key->tgid, records);
		goto forget;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->kind = RECORD_OPERATION;
	record->tgid = key->tgid;
	record->operation = key->operation;
	record->goroutine = key->goroutine;
	record->ended_ns = bpf_ktime_get_ns();
	record->failed = GO_ARG_0(ctx) != 0;
	if (flight) {
		record->probe = flight->probe;
		record->started_ns = flight->started_ns;
		record->receiver = flight->receiver;
		record->length = flight->length;
		if (key->operation == OPERATION_COLLECT)
			record->length = count_points(key->tgid, group, flight->length);
		record->rejected = flight->rejected;
		record->partial = flight->partial;
		record->retries = flight->retries;
		record->backoff_ns = flight->backoff_ns;
		record->encoded = flight->encoded;
		record->kept = size_kept(flight);
		record->sent = flight->sent;
		copy_processor(&record->processor, key->tgid, flight->processor);
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
forget:
	bpf_map_delete_elem(&flights, key);
	if (key->operation == OPERATION_EXPORT)
		bpf_map_delete_elem(&turns, goroutine);
}
