// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Exports syscall(2), so that seal.c notices when a seccomp filter is installed.  All
 * other calls jump to the next syscall() in load order with registers and stack
 * unchanged, as some calls depend on them, such as clone(2).  shim_call() makes the
 * system call itself: for seal.c, and until the constructor has found the next
 * syscall().
 *
 * On processors other than x86-64 and arm64 only prctl(2) is watched.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

long (*shim_next_syscall)(long nr, ...);

#define TEXT_(x)	#x
#define TEXT(x)		TEXT_(x)
#define FUNCTION(name)				\
	"	.p2align 4\n"			\
	"	.globl	" #name "\n"		\
	"	.type	" #name ", %function\n"	\
	#name ":\n"				\
	"	.cfi_startproc\n"
#define END(name)				\
	"	.cfi_endproc\n"			\
	"	.size	" #name ", . - " #name "\n"

/* shim_call() jumps here if the system call failed */
long shim_call_failed(long ret)
{
	errno = -ret;
	return -1;
}

#if defined(__x86_64__) && !defined(__ILP32__)
__asm__("	.text\n"
	FUNCTION(syscall)
	"	endbr64\n"
	"	cmpl	$" TEXT(SYS_prctl) ", %edi\n"
	"	je	shim_syscall\n"
	"	cmpl	$" TEXT(SYS_seccomp) ", %edi\n"
	"	je	shim_syscall\n"
	"	movq	shim_next_syscall(%rip), %r11\n"
	"	testq	%r11, %r11\n"
	"	je	shim_call\n"
	"	jmp	*%r11\n"
	END(syscall)
	"	.hidden	shim_call\n"
	FUNCTION(shim_call)
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	movq	%rdx, %rsi\n"
	"	movq	%rcx, %rdx\n"
	"	movq	%r8, %r10\n"
	"	movq	%r9, %r8\n"
	"	movq	8(%rsp), %r9\n"
	"	syscall\n"
	"	cmpq	$-4095, %rax\n"
	"	jae	1f\n"
	"	ret\n"
	"1:	movq	%rax, %rdi\n"
	"	jmp	shim_call_failed\n"
	END(shim_call));
#elif defined(__aarch64__)
__asm__("	.text\n"
	FUNCTION(syscall)
	"	hint	#34\n"		/* bti c */
	"	cmp	w0, #" TEXT(SYS_prctl) "\n"
	"	b.eq	shim_syscall\n"
	"	cmp	w0, #" TEXT(SYS_seccomp) "\n"
	"	b.eq	shim_syscall\n"
	"	adrp	x16, shim_next_syscall\n"
	"	ldr	x16, [x16, #:lo12:shim_next_syscall]\n"
	"	cbz	x16, shim_call\n"
	"	br	x16\n"
	END(syscall)
	"	.hidden	shim_call\n"
	FUNCTION(shim_call)
	"	uxtw	x8, w0\n"
	"	mov	x0, x1\n"
	"	mov	x1, x2\n"
	"	mov	x2, x3\n"
	"	mov	x3, x4\n"
	"	mov	x4, x5\n"
	"	mov	x5, x6\n"
	"	svc	#0\n"
	"	cmn	x0, #4095\n"
	"	b.cs	shim_call_failed\n"
	"	ret\n"
	END(shim_call));
#else
long shim_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return syscall(nr, a, b, c, d, e, f);
}
#endif
