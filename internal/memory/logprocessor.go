package memory

import (
	"errors"
	"fmt"
)

// Layout of go.opentelemetry.io/otel/sdk/log.BatchProcessor, in words. Up to v0.20 it begins
// with a *bufferExporter, which holds a channel of batches behind the exporter that it wraps.
// Since v0.21, which came with v1.45 of the SDK, it begins with that exporter, an interface, and
// there is no such channel. Source: sdk/log/batch.go and exporter.go.
//
//	up to v0.20: 0 exporter *bufferExporter, 1 q *queue
//	since v0.21: 0 exporter Exporter (itab, data), 2 q *queue
//	bufferExporter: 0 Exporter (itab, data), 2 input chan exportData
//	queue: 0 Mutex, 1 dropped uint64, 2 cap, 3 len int, 4 read, 5 write *ring
//	exportData: 0 ctx (itab, data), 2 records []Record, 5 respCh
const (
	logQueueOld, logQueue = 1, 2
	bufferInput           = 2
	batchRecords          = 3 // the length of an exportData's records
	batchWords            = 6
	// mostBuffered and mostLogRecords bound what a channel, and a queue, may have room for:
	// what has more is none.
	mostBuffered   = 1 << 10
	mostLogRecords = 1 << 30
	timeoutWrapper = "timeoutExporter"
)

// of a queue.
const (
	logDropped = 1 + iota
	logCapacity
	logLength
	logRead
	logWrite
	logQueueWords
)

// ErrNotLogProcessor means that memory does not hold a batch log processor with a known layout.
var ErrNotLogProcessor = errors.New("not a batch log processor as otwatch knows it")

// LogProcessor is what never changes in a batch log processor.
type LogProcessor struct {
	Address  uint64
	Wrapper  uint64 // what it wraps its exporter in: the receiver of its exports
	Capacity uint64 // of its queue
	Buffer   uint64 // batches that its channel has room for; 0 if there is none, since v0.21
	queue    uint64
	input    uint64 // the channel of batches that wait for their export; 0 if there is none
}

// LogReading is the state of a batch log processor at one moment, in records.
type LogReading struct {
	Queue   uint64
	Waiting uint64 // in batches that wait for the export before
	Dropped uint64 // since the processor last reported them: it then counts from 0 again
}

// ExamineLogs reads what never changes in the batch log processor at an address.
func ExamineLogs(r Reader, address uint64, resolve func(uint64) (string, bool)) (LogProcessor, error) {
	p := LogProcessor{Address: address}
	var words [logQueue + 1]uint64
	if err := r.words(address, words[:]); err != nil {
		return LogProcessor{}, err
	}
	exporter := [2]uint64{words[0], words[1]}
	p.queue = words[logQueue]
	if _, ok := firstMethod(r, words[0], resolve); !ok { // it is no interface
		var buffer [bufferInput + 1]uint64
		if err := r.words(words[0], buffer[:]); err != nil {
			return LogProcessor{}, fmt.Errorf("%w: at %#x: %w", ErrNotLogProcessor, address, err)
		}
		exporter, p.input, p.queue = [2]uint64{buffer[0], buffer[1]}, buffer[bufferInput], words[logQueueOld]
		var channel [2]uint64
		if err := r.words(p.input, channel[:]); err != nil {
			return LogProcessor{}, err
		}
		p.Buffer = channel[1]
	}
	if p.Wrapper = timeoutExporter(r, exporter, resolve); p.Wrapper == 0 {
		return LogProcessor{}, fmt.Errorf("%w: at %#x it has no %s", ErrNotLogProcessor, address, timeoutWrapper)
	}
	var state [logQueueWords]uint64
	if err := r.words(p.queue, state[:]); err != nil {
		return LogProcessor{}, err
	}
	p.Capacity = state[logCapacity]
	_, err := p.Read(r)
	return p, err
}

// timeoutExporter is the address of the log SDK's wrapper whose exports are counted, within the
// wrappers of an exporter; 0 if there is none.
func timeoutExporter(r Reader, exporter [2]uint64, resolve func(uint64) (string, bool)) uint64 {
	for range maxWrappers {
		method, ok := firstMethod(r, exporter[0], resolve)
		if !ok {
			return 0
		}
		pkg, receiver := splitMethod(method)
		switch {
		case pkg != logSDK:
			return 0
		case receiver == timeoutWrapper:
			return exporter[1]
		}
		if err := r.words(exporter[1], exporter[:]); err != nil {
			return 0
		}
	}
	return 0
}

// Room is how many records the processor holds at most: in its queue, in each batch that waits, and
// in the one that is exported, in parts or as a whole. ForceFlush makes a batch of the whole queue.
func (p LogProcessor) Room() uint64 { return p.Capacity * (2 + p.Buffer) }

// Read reads the processor's state.
func (p LogProcessor) Read(r Reader) (LogReading, error) {
	var state [logQueueWords]uint64
	if err := r.words(p.queue, state[:]); err != nil {
		return LogReading{}, err
	}
	if state[logCapacity] != p.Capacity || p.Capacity == 0 || p.Capacity > mostLogRecords || state[logLength] > p.Capacity || state[logRead] == 0 || state[logWrite] == 0 {
		return LogReading{}, fmt.Errorf("%w: at %#x its queue holds %d of %d records", ErrNotLogProcessor, p.Address, state[logLength], state[logCapacity])
	}
	waiting, err := p.waiting(r)
	if err != nil {
		return LogReading{}, err
	}
	return LogReading{Queue: state[logLength], Waiting: waiting, Dropped: state[logDropped]}, nil
}

// waiting is how many records are in the channel's batches. An element that was received is zero.
// runtime.hchan begins with qcount, dataqsiz uint and buf unsafe.Pointer.
func (p LogProcessor) waiting(r Reader) (records uint64, err error) {
	if p.input == 0 {
		return 0, nil
	}
	const count, capacity, buffer = 0, 1, 2
	var channel [3]uint64
	if err := r.words(p.input, channel[:]); err != nil {
		return 0, err
	}
	if channel[capacity] > mostBuffered || channel[count] > channel[capacity] {
		return 0, fmt.Errorf("%w: at %#x its buffer holds %d of %d batches", ErrNotLogProcessor, p.Address, channel[count], channel[capacity])
	}
	if channel[count] == 0 {
		return 0, nil
	}
	batches := make([]uint64, batchWords*channel[capacity])
	if err := r.words(channel[buffer], batches); err != nil {
		return 0, err
	}
	for at := batchRecords; at < len(batches); at += batchWords {
		if batches[at] > mostLogRecords {
			return 0, fmt.Errorf("%w: at %#x a batch has %d records", ErrNotLogProcessor, p.Address, batches[at])
		}
		records += batches[at]
	}
	return records, nil
}
