package guard

import (
	"encoding/binary"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// operation is what a client asks of the keeper.
type operation byte

const (
	reserve  operation = iota + 1 // a lease begins, and descriptors are to come
	take                          // descriptors, more of which are to come
	takeLast                      // the last descriptors
	release                       // close them
	look                          // leases have been cut short
)

// maxDescriptors is how many descriptors one message has at most. Source: SCM_MAX_FD is
// 253.
const maxDescriptors = 250

// message is an operation on the lease with a number.
type message struct {
	operation operation
	lease     uint32
}

const messageSize = 5

func (m message) append(to []byte) []byte {
	return binary.NativeEndian.AppendUint32(append(to, byte(m.operation)), m.lease)
}

// parseMessage returns false for a message that no client sends.
func parseMessage(raw []byte) (message, bool) {
	if len(raw) != messageSize {
		return message{}, false
	}
	m := message{operation(raw[0]), binary.NativeEndian.Uint32(raw[1:])}
	return m, m.operation >= reserve && m.operation <= look && m.lease < maxHeld
}

// descriptors returns those that came with a message.
func descriptors(control []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if rights, err := unix.ParseUnixRights(&m); err == nil {
			fds = append(fds, rights...)
		}
	}
	return fds
}

// socketPair returns two connected sockets that preserve message boundaries.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "guard"), os.NewFile(uintptr(fds[1]), "guard"), nil
}

// connect makes a connection of a socket, and closes the socket.
func connect(socket *os.File) (*net.UnixConn, error) {
	defer socket.Close()
	conn, err := net.FileConn(socket)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}
