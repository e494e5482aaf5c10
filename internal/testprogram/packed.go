package testprogram

import "encoding/binary"

// Packed is a program in the form that UPX gives one, but for its payload: one
// segment, no sections, a mark behind the program headers. It waits for a signal.
func Packed(machine uint16) []byte {
	code := []byte{
		0xb8, 34, 0, 0, 0, // mov eax, pause
		0x0f, 0x05, // syscall
		0xeb, 0xf7, // jmp to the first
	}
	const base, header, programHeader, mark = 0x400000, 64, 56, 12
	le := binary.LittleEndian
	file := append([]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, make([]byte, 9)...)
	file = le.AppendUint16(file, 2) // ET_EXEC
	file = le.AppendUint16(file, machine)
	file = le.AppendUint32(file, 1)
	file = le.AppendUint64(file, base+header+programHeader+mark) // entry
	file = le.AppendUint64(file, header)                         // program headers
	file = le.AppendUint64(file, 0)                              // section headers
	file = le.AppendUint32(file, 0)
	for _, half := range []uint16{header, programHeader, 1, 64, 0, 0} {
		file = le.AppendUint16(file, half)
	}
	size := uint64(header + programHeader + mark + len(code))
	file = le.AppendUint32(file, 1) // PT_LOAD
	file = le.AppendUint32(file, 5) // R X
	for _, word := range []uint64{0, base, base, size, size, 0x1000} {
		file = le.AppendUint64(file, word)
	}
	file = append(file, "\x01\x02\x03\x04UPX!\x00\x00\x0d\x00"...) // l_info
	return append(file, code...)
}
