// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// What the programs and otwatch exchange. The Go types are generated from these
// declarations.
#pragma once

// What a hit of a rare probe does; part of its cookie.
enum action {
	ACTION_ENTER = 1,  // an operation begins: remember when, and its length
	ACTION_LEAVE,      // an operation ends: report it
	ACTION_PROCESSOR,  // a batch span processor exports: read its state
	ACTION_ENQUEUE,    // it is handed a span: read its state, for discovery
	ACTION_SIMPLE,     // a simple span processor is handed a span: for discovery
	ACTION_REJECTED,   // a partial success is being described: note how many were rejected
	ACTION_RETRY,      // an operation waits before another attempt: note for how long
	ACTION_COUNT,      // count only
	ACTION_COLLECTION, // a garbage collection ends: report it
	ACTION_SPAN,       // count, and read some of the spans
	ACTION_STARTED,    // count, and follow some of the spans
	ACTION_ENDED,      // count, and report the end of a span that is followed
	ACTION_PAYLOAD,    // an operation sends its payload: note its size
	ACTION_MESSAGE,    // an operation sends a message, whose size is known when it returns
	ACTION_BUILT,      // a constructor returns a component: report it, with its stack
	ACTION_BUILT_AS,   // the same, and the result is an interface
	ACTION_CREATING,   // something is being built whose address is not known: report it, with its stack
	ACTION_STOPPED,    // a component is being shut down: report it
	ACTION_ANSWER,     // an operation begins to decode the receiver's answer: note where it is
	ACTION_EMIT,       // count, and report some of the log processors that receive records
	ACTION_DROPPED,    // the log SDK may say how many records it has dropped: add them up
	ACTION_LEAVE_IF_NIL, // an operation ends if its error, in the registers already, is nil: report it
};

// The kinds of operations. Operations of one kind may nest, as when an exporter wraps
// another: then the outermost counts as the operation.
enum operation {
	OPERATION_EXPORT = 1, // of spans
	OPERATION_METRICS,    // a reader collects and exports
	OPERATION_COLLECT,    // the first half of that
	OPERATION_LOGS,       // an export of log records
	OPERATION_FLUSH,      // ForceFlush of a processor or a metric reader
	OPERATION_SHUTDOWN,   // of a processor or a metric reader
};

// A probe's cookie: everything that its program needs to know.
struct cookie {
	__u8 probe;       // number of the catalogue's row
	__u8 group;       // the probes that are placed and removed together
	__u8 operation;   // the enum operation of ENTER, LEAVE, REJECTED, RETRY, PAYLOAD, MESSAGE and ANSWER
	__u8 stepped;     // the instruction under the probe is single-stepped
	enum action action;
};

enum record_kind {
	RECORD_OPERATION = 1,
	RECORD_PROCESSOR,
	RECORD_OVERSPENT,
	RECORD_COLLECTION,
	RECORD_SPAN,
	RECORD_STARTED,
	RECORD_ENDED,
	RECORD_BUILT,
	RECORD_STOPPED,
	RECORD_CALLER,
	RECORD_ERROR,
	RECORD_EMITTED,
};

// A copy of a batch span processor's memory. Its layout is known in user space only
// (internal/memory), except for the queue's pointer.
#define PROCESSOR_WORDS 13
#define LATE_WORDS      3

struct processor_image {
	__u64 address;
	__u64 words[PROCESSOR_WORDS]; // from the first byte on
	__u64 late[LATE_WORDS];       // from byte 168 on: the batch, in one SDK version; else whatever is there
	__u64 queue_len;              // runtime.hchan qcount and dataqsiz
	__u64 queue_cap;
	__u64 valid; // 0: the memory could not be read
};

// One operation that returned. If started_ns is 0 its beginning was not seen.
#define UNCOUNTED (~0ULL) // for a length

struct operation_record {
	enum record_kind kind;
	__u32 tgid;
	enum operation operation;
	__u32 probe;      // number of the catalogue's row
	__u64 goroutine;
	__u64 started_ns; // CLOCK_MONOTONIC
	__u64 ended_ns;
	__u64 receiver; // of the method: the exporter, or what the operation is of
	__u64 length;   // spans or log records handed over, or data points collected
	__u64 rejected;
	__u32 failed;  // an error was returned
	__u32 partial; // it was a partial success: rejected is set
	__u64 retries;
	__u64 backoff_ns; // waited before them
	__u64 encoded; // bytes of the payload, before compression; 0 if not known
	__u64 sent;    // of the same, as sent; 0 if not known
	__u64 kept;    // what protobuf keeps of the message's size; 0 if there is none, or it is not known
	struct processor_image processor; // address 0: none on this goroutine
};

// A processor that was handed a span, or that exports. Processors of one provider are
// handed the same snapshot of a span.
struct processor_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 goroutine;
	__u64 seen_ns;
	__u64 snapshot; // the span that OnEnd is handed; 0 for an export
	__u64 itab;     // of the interface, which shows the type
	__u64 resource; // the snapshot's; 0 if it cannot be read
	__u64 simple;   // it is a simple span processor: only the image's address is set
	struct processor_image processor;
};

// A garbage collection ends.
#define CONTROLLER_WORDS 32

struct collection_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 ended_ns;
	__u64 marked; // bytes
	__u64 controller[CONTROLLER_WORDS]; // of runtime.gcControllerState, from its first byte on
};

// A group of probes has spent its allowance.
struct overspent_record {
	enum record_kind kind;
	__u32 tgid;
	__u32 group;
	__u32 pad;
	__u64 spent_ns;
};

// A span that ended and was chosen at random to be read. Strings are cut off at
// SPAN_TEXT bytes; their lengths are not.
#define SPAN_TEXT 64

struct span_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 itab;       // of the interface, which shows the type
	__u64 trace[2];   // trace id
	__u64 parent;     // span id; 0: none
	__u64 span_kind;  // trace.SpanKind
	__u64 start[2];   // the first words of a time.Time
	__u64 end[2];
	__u64 attributes; // how many, as are the next two
	__u64 events;
	__u64 links;
	__u64 name_len;
	__u64 scope_len;
	__u32 remote;     // the parent is in another process
	__u32 sampled;    // the parent is
	__u32 stands_for; // how many spans this one represents
	__u32 pad;
	char name[SPAN_TEXT];
	char scope[SPAN_TEXT];
};

// A span that was started and chosen at random to be followed.
#define START_FRAMES 32

struct started_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 span; // address of the recordingSpan
	__u64 id;   // its span id
	__u64 started_ns;
	__u32 stands_for; // how many spans this one represents
	__u32 frames;     // of the stack
	__u64 goroutine;  // address of its runtime.g
	__u64 name_len;
	char name[SPAN_TEXT];
	__u64 stack[START_FRAMES]; // user addresses, the leaf first
};

// Who makes a call that callers wait for: ForceFlush or Shutdown.
struct caller_record {
	enum record_kind kind;
	__u32 tgid;
	__u32 probe;  // number of the catalogue's row
	__u32 frames; // of the stack
	__u64 return_address; // on top of the stack: the stack may lack the function's own caller
	__u64 stack[START_FRAMES]; // user addresses, the leaf first
};

// A batch log processor has received a record.
struct emitted_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 processor; // its address
	__u64 seen_ns;
};

// A span that is followed has been ended.
struct ended_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 span;
	__u64 id;
	__u64 ended_ns;
};

// A constructor has returned a component.
struct built_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 component; // its address; 0 if it is only being built
	__u64 built_ns;
	__u32 probe;  // number of the catalogue's row
	__u32 frames; // of the stack
	__u64 caller; // address in the function that called the constructor
	__u64 stack[START_FRAMES]; // as the kernel finds it, which may leave out the caller
};

// A component is being shut down.
struct stopped_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 component; // its address
	__u64 stopped_ns;
};

// The error that an operation returned, or the receiver's message of a partial success that
// was returned as none. Errors wrap others: these are the outermost ones. Texts are cut off
// at ERROR_TEXT bytes, their lengths are not.
#define ERROR_LEVELS 6
#define ERROR_TEXT   1024

struct error_level {
	__u64 method; // address of its method Error, which shows the type; 0: it cannot be read
	__u64 value;  // a number that it has
	__u64 len;
	__u64 read;   // what a shape says was read
	char text[ERROR_TEXT];
};

struct error_record {
	enum record_kind kind;
	__u32 tgid;
	__u64 goroutine;
	__u64 begun_ns;
	__u32 depth;   // levels that are set
	__u32 partial; // the text of the first level is a receiver's message
	struct error_level levels[ERROR_LEVELS];
};

// What errors of a type hold. User space knows the types.
enum holds {
	HOLDS_NOTHING = 1, // their type says all
	HOLDS_TEXT,        // a string, at text
	HOLDS_ERROR,       // the error that they wrap, at next
	HOLDS_BOTH,
	HOLDS_LIST,        // a slice of errors at their beginning
	HOLDS_NUMBER,      // they are a number
	HOLDS_STATUS,      // they are a *status.Error of gRPC
};

struct shape {
	enum holds holds;
	__u16 text;
	__u16 next;
};

struct shape_key {
	__u32 tgid;
	__u32 pad;
	__u64 method; // address of the type's method Error
};

// Written by the programs. Calls are the hits within the group's allowance. Probes of
// a group are placed and removed one by one, but the allowance begins and ends for all
// at once, so that calls of different functions can be compared. A call of End for a
// span that has already ended does nothing, and counts as a hit only.
struct counter {
	__u64 hits;
	__u64 calls;
	__u64 unsampled; // calls of End of spans that are recorded and not sampled
	__u64 roots; // of ACTION_SPAN: calls with a span without a parent in the process
	__u64 dropped; // of ACTION_DROPPED: log records
};

// By the number of the catalogue's row; a power of two.
#define MAX_PROBES 128

// Origins of a started span's parent, as otel.span.parent.origin has them.
enum origin {
	ORIGIN_NONE,
	ORIGIN_LOCAL,
	ORIGIN_REMOTE,
};

// By the origin and, in the last bit, whether the span is sampled; a power of two.
#define MAX_STARTS 8

struct target_counters {
	struct counter of[MAX_PROBES];
	__u64 started[MAX_STARTS]; // calls of ACTION_STARTED
};

struct group_key {
	__u32 tgid;
	__u32 group;
};

// Set by user space. limit_ns is compared with the group's account.
struct allowance {
	__u64 limit_ns;
	__u32 emulated_ns; // what a hit is charged
	__u32 stepped_ns;
	__u32 one_in; // spans, of which one is chosen
	__u32 spans;  // how many more may be read; counted down by the programs
	__u32 starts; // how many more may be followed; counted down as well
	__u32 span_id; // where a recordingSpan has its span id; 0: none is followed
	__u32 scope_size; // of an instrumentation.Scope; 0: data points are not counted
	__u32 end_time;   // where a recordingSpan has its end time; 0: not known
	__u32 span_name;  // where it has its name
	__u32 callers;    // how many more callers, or log processors in the group of spans, may be reported; counted down as well
	__u32 parent;     // where a recordingSpan has the span id of its parent; 0: not known
	__u32 pad;
};

// Written by the programs: what the hits of a group have been charged so far.
struct account {
	__u64 spent_ns;
	__u64 reported_limit_ns; // the last limit whose crossing was reported
	__u64 reported_ns;       // when that was, CLOCK_MONOTONIC
};

// By the number of the group; a power of two.
#define MAX_GROUPS 8

struct target_accounts {
	struct account of[MAX_GROUPS];
};

struct flight_key {
	__u32 tgid;
	__u32 operation;
	__u64 goroutine;
};

struct flight {
	__u64 started_ns;
	__u64 entry; // the instruction of the probe at its beginning
	__u64 receiver;
	__u64 length;
	__u64 rejected;
	__u64 retries;
	__u64 backoff_ns;
	__u64 encoded;
	__u64 sent;
	__u64 message; // the message that is sent; 0 if none is known
	__u64 spans;   // the address of its content
	__u64 answer;  // the receiver's answer; 0 if none is known
	__u32 partial;
	__u16 nested; // how many operations of the same kind are under way within it
	__u16 probe;
	__u64 processor; // that made the call; 0 if none is known
};

// A probed instruction, on kernels whose links have no cookies (before 5.15). One
// instruction may have a hot probe and a rare one.
struct cookie_key {
	__u32 tgid;
	__u32 hot;
	__u64 address; // in the process
};

struct goroutine_key {
	__u64 tgid;
	__u64 goroutine;
};

struct followed_key {
	__u64 tgid;
	__u64 span;
};

// What the programs could not do for one target. Nothing is lost silently.
struct loss {
	__u64 records; // no room in the ring buffer
	__u64 flights; // no room for an operation under way
	__u64 reads;   // the target's memory could not be read
	__u64 spans;   // spans that could not be read, for either reason
	__u64 starts;  // starts that could not be reported, and ends of followed spans
};
