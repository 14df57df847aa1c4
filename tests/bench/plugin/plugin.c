// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU plugin that measures what the benchmark marks (../mark.h): instructions by
 * address of the kernel, the misses of simulated caches, and how often the content
 * under test is copied.  It writes JSON to the file that its argument out=FILE names,
 * when QEMU exits.  It is for guests with one CPU.
 *
 * Every block of instructions adds to its counter, whether a round runs or not: QEMU
 * compiles that into the block.  For rows with caches every load and store calls the
 * plugin, which makes QEMU several times slower.  Between such rows that call returns at
 * once; for other rows QEMU translates the blocks again without it.
 */
#include <errno.h>
#include <qemu-plugin.h>
#include <stdlib.h>
#include <string.h>

#include "../mark.h"
#include "cache.h"
#include "content.h"
#include "count.h"

#define CPU	0

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct qemu_plugin_scoreboard *score;
static struct caches caches;
static struct content_counts content;
static bool simulate;		/* a row is running */
static bool watch;		/* blocks are translated with calls from loads and stores */
static qemu_plugin_id_t self;
static char *out;

static void register_all(qemu_plugin_id_t id);

static void count_content(qemu_plugin_meminfo_t info)
{
	qemu_plugin_mem_value v = qemu_plugin_mem_get_value(info);
	unsigned int shift = qemu_plugin_mem_size_shift(info), n;

	if (v.type == QEMU_PLUGIN_MEM_VALUE_U128)
		n = content_bytes(v.data.u128.low, 3) + content_bytes(v.data.u128.high, 3);
	else
		n = content_bytes(v.data.u64, shift);
	if (qemu_plugin_mem_is_store(info))
		content.stored += n;
	else
		content.loaded += n;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
		      void *unused)
{
	struct qemu_plugin_hwaddr *at;

	(void)cpu;
	(void)unused;
	if (!simulate)
		return;
	at = qemu_plugin_get_hwaddr(info, vaddr);
	if (!at) {
		caches.counts.unknown++;
		return;
	}
	if (qemu_plugin_hwaddr_is_io(at))
		return;
	count_content(info);
	caches_access(&caches, qemu_plugin_hwaddr_phys_addr(at),
		      1 << qemu_plugin_mem_size_shift(info),
		      qemu_plugin_mem_is_store(info));
}

static void on_mark(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
		    void *unused)
{
	uint32_t value = qemu_plugin_mem_get_value(info).data.u32;
	uint64_t *counters = qemu_plugin_scoreboard_find(score, CPU);

	(void)cpu;
	(void)vaddr;
	(void)unused;
	switch (value >> MARK_SHIFT) {
	case MARK_WARM_UP:
		simulate = value & MARK_CACHES;
		/* A reset drops all translations, and all that is registered. */
		if (simulate != watch)
			qemu_plugin_reset(self, register_all);
		watch = simulate;
		break;
	case MARK_ROW:
		row_start(value & (MARK_ROWS - 1));
		break;
	case MARK_BEGIN:
		row_begin(counters, &caches, &content);
		break;
	case MARK_END:
		row_end(counters, &caches, &content);
		break;
	case MARK_ROW_END:
		row_finish();
		simulate = false;
		break;
	}
}

static bool is_mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t want[] = MARK_BYTES;
	uint8_t have[sizeof(want)];

	return qemu_plugin_insn_size(insn) == sizeof(want) &&
	       qemu_plugin_insn_data(insn, have, sizeof(have)) == sizeof(have) &&
	       !memcmp(have, want, sizeof(want));
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);
	size_t nr = qemu_plugin_tb_n_insns(tb);
	qemu_plugin_u64 counter = {
		.score = score, .offset = counter_of(addr, nr) * sizeof(uint64_t),
	};

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(
		tb, QEMU_PLUGIN_INLINE_ADD_U64, counter, nr);
	for (size_t i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		bool marks = is_mark(insn);

		if (!marks && !watch)
			continue;
		qemu_plugin_register_vcpu_mem_cb(
			insn, marks ? on_mark : on_access, QEMU_PLUGIN_CB_NO_REGS,
			marks ? QEMU_PLUGIN_MEM_W : QEMU_PLUGIN_MEM_RW, NULL);
	}
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *unused)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)unused;
	if (!f || !rows_write(f) || fclose(f))
		fprintf(stderr, "zcopy plugin: %s: %s\n", out, strerror(errno));
}

static void register_all(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
}

static int refuse(const char *why)
{
	fprintf(stderr, "zcopy plugin: %s\n", why);
	return -1;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	if (!info->system_emulation || strcmp(info->target_name, "x86_64") ||
	    info->system.smp_vcpus != 1)
		return refuse("only for x86_64 machines with one CPU");
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return refuse("its one argument is out=FILE");
	out = strdup(argv[0] + 4);
	score = qemu_plugin_scoreboard_new(COUNTERS * sizeof(uint64_t));
	if (!out || !caches_init(&caches))
		return refuse("no memory");
	self = id;
	register_all(id);
	return 0;
}
