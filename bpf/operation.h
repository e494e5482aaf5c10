// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The life of one call of an exporter: entered, perhaps partly rejected, left.
// Goroutines move between threads, so everything is keyed by goroutine.
#pragma once

#include "processor.h"

// A batch span processor is at work: func (bsp *batchSpanProcessor)
// exportSpans(ctx) error and func (bsp *batchSpanProcessor) OnEnd(s
// ReadOnlySpan) have bsp in argument word 0; OnEnd has the span, a *snapshot,
// in word 2.
static __always_inline void see_processor(struct pt_regs *ctx, struct goroutine_key *goroutine, bool enqueue)
{
	__u64 address = GO_ARG_0(ctx);
	struct processor_record *record;

	if (!enqueue && bpf_map_update_elem(&turns, goroutine, &address, BPF_ANY))
		LOSE(goroutine->tgid, flights);
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(goroutine->tgid, records);
		return;
	}
	record->kind = RECORD_PROCESSOR;
	record->tgid = goroutine->tgid;
	record->goroutine = goroutine->goroutine;
	record->seen_ns = bpf_ktime_get_ns();
	record->snapshot = enqueue ? GO_ARG_2(ctx) : 0;
	copy_processor(&record->processor, goroutine->tgid, address);
	// Discovery takes but some dozen hits. It wakes otwatch, so that it can
	// examine what may not live for long.
	bpf_ringbuf_submit(record, enqueue ? 0 : BPF_RB_NO_WAKEUP);
}

// An exporter is called: func (e *Exporter) ExportSpans(ctx, spans
// []ReadOnlySpan) error has e in argument word 0 and len(spans) in word 4.
static __always_inline void enter(struct pt_regs *ctx, struct flight_key *key, struct goroutine_key *goroutine)
{
	struct flight flight = {
		.started_ns = bpf_ktime_get_ns(),
		.exporter = GO_ARG_0(ctx),
		.spans = GO_ARG_4(ctx),
	};
	__u64 *processor = bpf_map_lookup_elem(&turns, goroutine);

	if (processor)
		flight.processor = *processor;
	if (bpf_map_update_elem(&flights, key, &flight, BPF_ANY))
		LOSE(key->tgid, flights);
}

// The receiver answered with a partial success, and its error text is being
// made: func (ps *PartialSuccess) Error() string has ps in argument word 0, and
// ps.RejectedItems follows ps.ErrorMessage, a string. The SDK counts the first
// one of a call.
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

// The exporter returns; its error is in result words 0 (the type, nil for no
// error) and 1.
static __always_inline void leave(struct pt_regs *ctx, struct flight_key *key, struct goroutine_key *goroutine)
{
	struct flight *flight = bpf_map_lookup_elem(&flights, key);
	struct operation_record *record;

	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		LOSE(key->tgid, records);
		goto forget;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->kind = RECORD_OPERATION;
	record->tgid = key->tgid;
	record->goroutine = key->goroutine;
	record->ended_ns = bpf_ktime_get_ns();
	record->failed = GO_ARG_0(ctx) != 0;
	if (flight) {
		record->started_ns = flight->started_ns;
		record->exporter = flight->exporter;
		record->spans = flight->spans;
		record->rejected = flight->rejected;
		record->partial = flight->partial;
		copy_processor(&record->processor, key->tgid, flight->processor);
	}
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
forget:
	bpf_map_delete_elem(&flights, key);
	bpf_map_delete_elem(&turns, goroutine);
}
