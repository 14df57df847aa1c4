// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/zcopy/stats has a line "name value" per counter; new counters are only
 * appended.  /proc/net/zcopy/settings has such a line per setting.
 * /proc/net/zcopy/transfers has a line per live transfer that the reader may see.
 * /proc/zcopy links to the files of the reader's own network namespace.  Takes no lock.
 */
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/sock.h>

#include "account.h"
#include "genl.h"
#include "net.h"
#include "proc.h"
#include "registry.h"
#include "settings.h"
#include "xfer.h"

/* Room for the value of a setting */
#define ZC_PROC_SETTING		16

static int zc_proc_stats(struct seq_file *seq, void *unused)
{
	struct zc_net *zn = zc_net(seq_file_single_net(seq));
	unsigned int i;

	for (i = 0; i < ZC_STAT_NR; i++)
		seq_printf(seq, "%s %llu\n", zc_stats_name(i),
			   zc_stats_read(&zn->stats, i));
	return 0;
}

static int zc_proc_settings(struct seq_file *seq, void *unused)
{
	char value[ZC_PROC_SETTING];
	unsigned int i;

	for (i = 0; i < ZC_SETTING_NR; i++) {
		zc_settings_print(i, value, sizeof(value));
		seq_printf(seq, "%s %s\n", zc_settings_name(i), value);
	}
	return 0;
}

static const char *zc_proc_state(const struct zc_xfer *x)
{
	switch (READ_ONCE(x->state)) {
	case ZCOPY_STATE_QUEUED:
		return "queued";
	case ZCOPY_STATE_RUNNING:
		return "running";
	case ZCOPY_STATE_SOCKET:
		return "socket";
	case ZCOPY_STATE_DISK:
		return "disk";
	case ZCOPY_STATE_RATE:
		return "rate";
	case ZCOPY_STATE_ACK:
		return "ack";
	}
	return "ended";
}

/*
 * struct zc_proc_walk - position in a listing that is read piece by piece
 *
 * seq_file asks for the line where the last piece ended, or for the first.
 */
struct zc_proc_walk {
	struct seq_net_private net;	/* of seq_file; must be first */
	struct zc_registry_pos at;	/* right before this line's transfer */
	struct zc_registry_pos next;	/* right before the next line's transfer */
	bool all;			/* other users' transfers may be shown */
};

/* REF: returns a reference, which zc_proc_next() or zc_proc_stop() drops. */
static struct zc_xfer *zc_proc_get(struct seq_file *seq)
{
	const struct cred *cred = seq->file->f_cred;
	struct zc_proc_walk *w = seq->private;
	struct zc_xfer *x;

	while (!fatal_signal_pending(current)) {
		w->at = w->next;
		x = zc_registry_next_get(seq_file_net(seq), &w->next);
		if (!x)
			break;
		if (w->all || zc_genl_same_user(cred, x->cred))
			return x;
		zc_xfer_put(x);
		cond_resched();
	}
	/* Remember the end; do not search for it again. */
	w->at = w->next;
	return NULL;
}

static void *zc_proc_start(struct seq_file *seq, loff_t *pos)
{
	struct zc_proc_walk *w = seq->private;

	/* SECURITY: check the opener; it may make a privileged process read. */
	w->all = file_ns_capable(seq->file, seq_file_net(seq)->user_ns,
				 CAP_NET_ADMIN);
	if (!*pos) {
		memset(&w->next, 0, sizeof(w->next));
		return SEQ_START_TOKEN;
	}
	/* RACE: if this transfer has ended, the next one takes its line. */
	w->next = w->at;
	return zc_proc_get(seq);
}

static void zc_proc_stop(struct seq_file *seq, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		zc_xfer_put(v);
}

static void *zc_proc_next(struct seq_file *seq, void *v, loff_t *pos)
{
	zc_proc_stop(seq, v);
	++*pos;
	cond_resched();
	return zc_proc_get(seq);
}

/* SECURITY: a namespace's administrator gets no pid of a submitter outside it. */
static pid_t zc_proc_pid(const struct seq_file *seq, const struct zc_xfer *x)
{
	if (zc_genl_same_user(seq->file->f_cred, x->cred) ||
	    file_ns_capable(seq->file, x->cred->user_ns, CAP_NET_ADMIN))
		return zc_genl_pid(x);
	return 0;
}

static int zc_proc_show(struct seq_file *seq, void *v)
{
	struct zcopy_result res;
	struct zc_xfer *x = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "id uid pid state asked sent by_ref copied age_ms\n");
		return 0;
	}
	zc_account_result(x, &res);
	seq_printf(seq, "%llu %u %d %s %llu %llu %llu %llu %llu\n", x->id,
		   from_kuid_munged(seq_user_ns(seq), x->cred->euid),
		   zc_proc_pid(seq, x), zc_proc_state(x), res.bytes_asked, res.bytes,
		   res.bytes_by_ref, res.bytes_copied,
		   div_u64(res.duration_ns, NSEC_PER_MSEC));
	return 0;
}

static const struct seq_operations zc_proc_transfers = {
	.start	= zc_proc_start,
	.next	= zc_proc_next,
	.stop	= zc_proc_stop,
	.show	= zc_proc_show,
};

/**
 * zc_proc_net_init - make the files of a network namespace
 * @net: the namespace
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_proc_net_init(struct net *net)
{
	struct zc_net *zn = zc_net(net);

	zn->proc = proc_net_mkdir(net, "zcopy", net->proc_net);
	if (!zn->proc)
		return -ENOMEM;
	if (!proc_create_net_single("stats", 0444, zn->proc, zc_proc_stats, NULL) ||
	    !proc_create_net_single("settings", 0444, zn->proc, zc_proc_settings, NULL) ||
	    !proc_create_net("transfers", 0444, zn->proc, &zc_proc_transfers,
			     sizeof(struct zc_proc_walk))) {
		zc_proc_net_exit(net);
		return -ENOMEM;
	}
	return 0;
}

/**
 * zc_proc_net_exit - remove the files of a network namespace
 * @net: the namespace
 *
 * Context: May sleep.
 */
void zc_proc_net_exit(struct net *net)
{
	remove_proc_subtree("zcopy", net->proc_net);
}

/**
 * zc_proc_init - make /proc/zcopy
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_proc_init(void)
{
	return proc_symlink("zcopy", NULL, "self/net/zcopy") ? 0 : -ENOMEM;
}

/**
 * zc_proc_exit - remove /proc/zcopy
 *
 * Context: Module unload.
 */
void zc_proc_exit(void)
{
	remove_proc_entry("zcopy", NULL);
}
