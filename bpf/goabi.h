// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Where the arguments of a Go function are: the register ABI of
// cmd/compile/abi-internal.md. The kernel's register frame is declared here, so
// that no kernel header or BTF is needed: its layout is stable ABI.
#pragma once

// A register that is chosen from two: without volatile the compiler would choose
// between their addresses, and the verifier rejects computed addresses in a frame.
#define CHOSEN(field) (*(volatile __u64 *)&(field))

#if defined(__TARGET_ARCH_x86)

// arch/x86/include/asm/ptrace.h
struct pt_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	__u64 orig_ax, ip, cs, flags, sp, ss;
};

#define GO_G(ctx)    ((ctx)->r14)
#define GO_PC(ctx)   ((ctx)->ip)
#define GO_ARG_0(ctx) ((ctx)->ax)
#define GO_ARG_1(ctx) ((ctx)->bx)
#define GO_ARG_2(ctx) ((ctx)->cx)
#define GO_ARG_3(ctx) ((ctx)->di)
#define GO_ARG_4(ctx) ((ctx)->si)
#define GO_ARG_5(ctx) CHOSEN((ctx)->r8)

// The return address, while the function's own frame does not exist, as after the stack check
// and at a RET: it is on top of the stack.
#define GO_RETURN_ADDRESS(ctx, to) bpf_probe_read_user(to, sizeof(*(to)), (void *)(ctx)->sp)

#elif defined(__TARGET_ARCH_arm64)

// struct user_pt_regs, arch/arm64/include/uapi/asm/ptrace.h
struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};

#define GO_G(ctx)    ((ctx)->regs[28])
#define GO_PC(ctx)   ((ctx)->pc)
#define GO_ARG_0(ctx) ((ctx)->regs[0])
#define GO_ARG_1(ctx) ((ctx)->regs[1])
#define GO_ARG_2(ctx) ((ctx)->regs[2])
#define GO_ARG_3(ctx) ((ctx)->regs[3])
#define GO_ARG_4(ctx) ((ctx)->regs[4])
#define GO_ARG_5(ctx) CHOSEN((ctx)->regs[5])
#define GO_RETURN_ADDRESS(ctx, to) (*(to) = (ctx)->regs[30], 0)

#else
#error "otwatch knows Go's registers on amd64 and arm64"
#endif
