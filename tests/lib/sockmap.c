// SPDX-License-Identifier: GPL-2.0
/*
 * Socket maps by the bpf(2) system call; see sockmap.h.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sockmap.h"

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* The program: return SK_PASS, or SK_DROP; */
static int sockmap_program(bool pass)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = pass ? SK_PASS : SK_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SK_MSG;
	attr.expected_attach_type = BPF_SK_MSG_VERDICT;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(*insns);
	attr.license = (uintptr_t)"GPL";
	return bpf(BPF_PROG_LOAD, &attr);
}

int sockmap_open(bool pass)
{
	int map, program = sockmap_program(pass);
	union bpf_attr attr;

	if (program < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_SOCKMAP;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(uint32_t);
	attr.max_entries = 1;
	map = bpf(BPF_MAP_CREATE, &attr);
	if (map >= 0) {
		memset(&attr, 0, sizeof(attr));
		attr.target_fd = map;
		attr.attach_bpf_fd = program;
		attr.attach_type = BPF_SK_MSG_VERDICT;
		if (bpf(BPF_PROG_ATTACH, &attr)) {
			close(map);
			map = -1;
		}
	}
	close(program);
	return map;
}

static bool sockmap_entry(int cmd, int map, int sock)
{
	uint32_t key = 0, value = sock;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uintptr_t)&key;
	if (cmd == BPF_MAP_UPDATE_ELEM)
		attr.value = (uintptr_t)&value;
	return !bpf(cmd, &attr);
}

bool sockmap_take(int map, int sock)
{
	return sockmap_entry(BPF_MAP_UPDATE_ELEM, map, sock);
}

bool sockmap_give_back(int map)
{
	return sockmap_entry(BPF_MAP_DELETE_ELEM, map, 0);
}
