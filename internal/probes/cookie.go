package probes

import "encoding/binary"

// word is the cookie as the kernel passes it to a program.
func (c bpfCookie) word() uint64 {
	var buf [8]byte
	if _, err := binary.Encode(buf[:], binary.NativeEndian, c); err != nil {
		panic(err) // the generated struct does not have the 8 bytes of a cookie
	}
	return binary.NativeEndian.Uint64(buf[:])
}
