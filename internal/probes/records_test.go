package probes

import (
	"encoding/binary"
	"testing"
	"unsafe"
)

// TestRecordsThatNobodyTakes are bounded and counted as lost. It is still reported that a
// group has spent its allowance.
func TestRecordsThatNobodyTakes(t *testing.T) {
	raw := func(kind bpfRecordKind, size uintptr) []byte {
		return append(binary.NativeEndian.AppendUint32(nil, uint32(kind)), make([]byte, size)...)
	}
	a := &Attachment{overspent: make(chan Group, 1)}
	for range maxPending + 23 {
		a.receive(raw(bpfRecordKindRECORD_ENDED, unsafe.Sizeof(bpfEndedRecord{})))
	}
	if len(a.pending.Ends) != maxPending || a.untaken != 23 {
		t.Errorf("%d records wait and %d are lost, want %d and 23", len(a.pending.Ends), a.untaken, maxPending)
	}
	a.receive(raw(bpfRecordKindRECORD_OVERSPENT, unsafe.Sizeof(bpfOverspentRecord{})))
	if len(a.overspent) != 1 {
		t.Error("it is not reported that an allowance is spent")
	}
	if taken := a.Take(); len(taken.Ends) != maxPending {
		t.Errorf("%d are taken", len(taken.Ends))
	}
}
