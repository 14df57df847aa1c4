/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stats.c - counters of a network namespace
 *
 * One table of names feeds /proc/net/zcopy/stats, generic netlink and the
 * documentation.  Counters are per CPU and only grow; gauges also fall.  The gauges
 * devices_open and transfers_held are of the whole machine: like live transfers they
 * explain the module's reference count.  New names go at the end, because users see
 * the order.
 */
#ifndef ZC_STATS_H
#define ZC_STATS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "reject.h"

/* X(name, help) */
#define ZC_STATS(X)							\
	X(transfers_submitted, "transfers accepted, one for each socket") \
	X(transfers_completed, "transfers that did what they were asked") \
	X(transfers_failed, "transfers that ended early, though not asked to") \
	X(transfers_cancelled, "transfers stopped by a caller, a signal or their owner's end") \
	X(transfers_active, "transfers live now")			\
	X(bytes_by_ref, "bytes that went by reference to page-cache pages") \
	X(bytes_copied, "bytes that were copied, all reasons")		\
	X(cache_hit_bytes, "bytes found in the page cache")		\
	X(cache_miss_bytes, "bytes that had to be brought in")		\
	X(socket_waits, "times a transfer waited for room in its socket") \
	X(disk_waits, "times a transfer waited for its file")		\
	X(copied_no_sg, "bytes copied: the device has no scatter/gather, or no checksums") \
	X(copied_tls, "bytes copied: TLS, in software or into a NIC's own pages")		\
	X(copied_direct, "bytes copied: O_DIRECT or DAX file")		\
	X(copied_no_cache, "bytes copied: the file has no page cache")	\
	X(copied_stable, "bytes copied: stable copy asked for")		\
	X(copied_no_splice, "bytes copied: kernel, or socket map, without page splicing") \
	X(copied_memory, "bytes copied: memory elements")		\
	X(turns, "turns that the engine took")				\
	X(transfers_truncated, "transfers whose file ended early")	\
	X(transfers_changed, "transfers whose file changed meanwhile")	\
	X(events_lost, "events that a listener or submitter had no room for") \
	X(copied_released, "bytes copied: the file's pages had to be released") \
	X(workers_stuck, "workers that were in one job for a second") \
	X(windows_refused, "fan-outs whose lists look up all pages for themselves") \
	X(transfers_again, "transfers that ended early, asked not to wait (completed)") \
	X(devices_open, "open /dev/zcopy now, of the whole machine, rings' too") \
	X(transfers_held, "ended, but the network holds their pages; whole machine") \
	X(copied_small, "bytes copied: many pieces, too short for references")	\
	X(copied_policy, "bytes copied: references to the file's pages are not allowed")

enum zc_stat {
#define X(name, help) ZC_STAT_##name,
	ZC_STATS(X)
#undef X
	ZC_STAT_REJECT,			/* first refusal reason */
	ZC_STAT_NR = ZC_STAT_REJECT + ZC_REJECT_NR,
};

/* struct zc_stats - counters of one network namespace */
struct zc_stats {
	struct zc_stats_cpu __percpu *cpu;
	atomic_t active;
};

struct zc_stats_cpu {
	u64 v[ZC_STAT_NR];
};

/* Gauges of the whole machine */
extern atomic_t zc_stats_devices;
extern atomic_t zc_stats_held;

int zc_stats_init(struct zc_stats *st);
void zc_stats_exit(struct zc_stats *st);
u64 zc_stats_read(const struct zc_stats *st, enum zc_stat which);
const char *zc_stats_name(enum zc_stat which);
const char *zc_stats_help(enum zc_stat which);

static inline void zc_stats_add(struct zc_stats *st, enum zc_stat which, u64 n)
{
	this_cpu_add(st->cpu->v[which], n);
}

static inline void zc_stats_inc(struct zc_stats *st, enum zc_stat which)
{
	this_cpu_inc(st->cpu->v[which]);
}

#endif /* ZC_STATS_H */
