// SPDX-License-Identifier: GPL-2.0
/*
 * Load and unload, and no other logic.
 *
 * Loading registers the interfaces that start transfers last: netlink, then the device.
 * Before the device opens, doors register with life what it calls (hearer.c) and what
 * they offer (caps.c).
 *
 * Unloading finds no live transfer and no range that DROP_BEHIND left behind, as each of
 * them pins the module.  It is not loading in reverse.  It removes the device and netlink
 * first, which also takes the hearer away from life.  Then it stops all that runs without
 * these: the watchman of io_uring commands, and the workers.  /proc and the counters of
 * the network namespaces go after the workers, because the watcher of stuck workers
 * counts there.  The payers go last, because a worker may drop the last reference to a
 * payer on its way out.
 */
#include <linux/module.h>

#include "batch.h"
#include "compat/compat.h"
#include "crew.h"
#include "dev.h"
#include "fifo.h"
#include "genl.h"
#include "limits.h"
#include "net.h"
#include "payer.h"
#include "proc.h"
#include "ration.h"
#include "registry.h"
#include "src.h"
#include "uring.h"
#include "xfer.h"

static int __net_init zc_main_net_init(struct net *net)
{
	int err;

	err = zc_stats_init(&zc_net(net)->stats);
	if (err)
		return err;
	err = zc_proc_net_init(net);
	if (err)
		zc_stats_exit(&zc_net(net)->stats);
	return err;
}

static void __net_exit zc_main_net_exit(struct net *net)
{
	zc_proc_net_exit(net);
	zc_stats_exit(&zc_net(net)->stats);
}

static struct pernet_operations zc_main_net_ops = {
	.init	= zc_main_net_init,
	.exit	= zc_main_net_exit,
	.id	= &zc_net_id,
	.size	= sizeof(struct zc_net),
};

static int __init zc_main_init(void)
{
	int err;

	zc_fifo_init();
	zc_registry_init();
	zc_limits_init();
	zc_uring_init();
	err = zc_batch_init();
	if (err)
		return err;
	err = zc_xfer_init();
	if (err)
		goto out_batch;
	err = zc_crew_init();
	if (err)
		goto out_xfer;
	err = register_pernet_subsys(&zc_main_net_ops);
	if (err)
		goto out_crew;
	err = zc_proc_init();
	if (err)
		goto out_net;
	err = zc_genl_init();
	if (err)
		goto out_proc;
	/* ORDER: last, because users can open the device from here on. */
	err = zc_dev_init();
	if (err)
		goto out_genl;
	return 0;

out_genl:
	zc_genl_exit();
	/* A netlink message may have left a payer behind. */
	zc_payer_exit();
	zc_ration_exit();
out_proc:
	zc_proc_exit();
out_net:
	unregister_pernet_subsys(&zc_main_net_ops);
out_crew:
	zc_crew_exit();
out_xfer:
	zc_xfer_exit();
out_batch:
	zc_batch_exit();
	return err;
}

static void __exit zc_main_exit(void)
{
	zc_dev_exit();
	zc_genl_exit();
	zc_uring_exit();
	zc_crew_exit();
	zc_ration_exit();
	zc_proc_exit();
	unregister_pernet_subsys(&zc_main_net_ops);
	zc_xfer_exit();
	zc_batch_exit();
	zc_payer_exit();
}

module_init(zc_main_init);
module_exit(zc_main_exit);

MODULE_AUTHOR("the zcopy authors");
MODULE_DESCRIPTION("Asynchronous file to socket transfers by reference");
MODULE_LICENSE("GPL");
MODULE_VERSION(ZC_VERSION);
