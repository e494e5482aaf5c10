// Command vm runs otwatch's kernel tests in emulated machines, one for each
// kernel and architecture, and prints what came of it. It needs qemu, apt (for
// Debian's kernels, which it keeps in the user's cache directory) and network at
// the first run; it does not need root or KVM.
//
//	go run ./test/vm
//	KERNEL=6.1 ARCH=arm64 RUN=TestEveryCallIsCounted go run ./test/vm
//	ACCEL=kvm go run ./test/vm
//
// Nothing that was not run counts as passed, and time measured in an emulated
// machine means nothing.
package main
