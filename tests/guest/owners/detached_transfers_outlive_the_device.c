// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer with ZCOPY_F_DETACHED belongs to no open device: closing the device
 * does not stop it, the device's verbs do not reach it, and the device does not
 * deliver its completion.  Netlink lists it and can stop it.
 * guest: timeout=60
 */
#include "ktap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life.h"
#include "nlraw.h"

#define SIZE	(2 << 20)

static int file, s[2];

static uint64_t active(void)
{
	return life_counter("transfers_active");
}

static uint64_t start(int dev, uint32_t flags)
{
	struct life_req q;

	life_pair(s, true);
	life_req(&q, s[0], file, 0, SIZE);
	q.s.flags = flags;
	if (life_submit(dev, &q))
		ktap_bail("submit");
	return q.s.id;
}

static void outlives(void)
{
	uint64_t done = life_counter("transfers_completed");
	struct zcopy_result res;
	int dev = life_open();
	uint64_t id = start(dev, ZCOPY_F_DETACHED);

	ktap_eq(life_wait(dev, id, &res, 1, 1, 100), -ENOENT, "it is not the device's");
	ktap_eq(life_wait(dev, 0, &res, 1, 1, 100), 0, "which has nothing to wait for");
	ktap_eq(life_cancel(dev, id), -ENOENT, "nor to cancel");
	ktap_eq(life_cancel(dev, 0), 0, "not even all");
	close(dev);
	close(s[0]);
	life_nap(200);
	ktap_eq(active(), 1, "it lives on when the device is closed");
	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "and arrives");
	ktap_ok(life_rest(), "then it ends");
	ktap_eq(life_counter("transfers_completed"), done + 1, "as done");
	close(s[1]);
}

static void outlives_process(void)
{
	int status = -1;
	pid_t pid;

	life_pair(s, true);
	pid = fork();
	if (!pid) {
		struct life_req q;
		int dev = life_open();

		life_req(&q, s[0], file, 0, SIZE);
		q.s.flags = ZCOPY_F_DETACHED;
		if (life_submit(dev, &q))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ktap_ok(WIFSIGNALED(status), "its submitter is killed");
	close(s[0]);
	ktap_eq(life_check(s[1], 0, SIZE), SIZE, "it arrives all the same");
	ktap_ok(life_rest(), "and ends");
	close(s[1]);
}

static void by_netlink(void)
{
	uint64_t cancelled = life_counter("transfers_cancelled");
	int dev = life_open();
	uint64_t id = start(dev, ZCOPY_F_DETACHED);
	static struct nlraw_msg m;
	struct nlraw nl;

	close(dev);
	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_GET, 0);
	nlraw_u64(&m, ZCOPY_A_ID, id);
	ktap_eq(nlraw_talk(&nl, &m), 0, "netlink shows it");
	ktap_eq(nl.id, id, "by its number");
	nlraw_begin(&nl, &m, ZCOPY_CMD_CANCEL, 0);
	nlraw_u64(&m, ZCOPY_A_ID, id);
	ktap_eq(nlraw_talk(&nl, &m), 0, "and cancels it");
	ktap_ok(life_rest(), "so that it ends");
	ktap_eq(life_counter("transfers_cancelled"), cancelled + 1, "as cancelled");
	close(s[0]);
	close(s[1]);
	close(nl.fd);
}

/* The terms of a submission by netlink, as the message has them */
static void netlink_terms(void)
{
	uint64_t failed = life_counter("transfers_failed");
	int dev = life_open();
	static struct nlraw_msg m;
	struct nlraw nl;
	uint64_t since;

	life_pair(s, true);
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s[0], file, 0, SIZE);
	nlraw_u64(&m, ZCOPY_A_DEADLINE_NS, 300000000);
	nlraw_u64(&m, ZCOPY_A_RATE, 1000);
	since = life_ms();
	ktap_eq(nlraw_talk(&nl, &m), 0, "netlink takes a rate and a deadline");
	ktap_ok(life_rest(), "which end it");
	ktap_ok(life_ms() - since >= 300, "not before");
	ktap_eq(life_counter("transfers_failed"), failed + 1, "as failed");
	close(s[0]);
	ktap_ok(life_check(s[1], 0, SIZE) < 1000, "at its rate");
	close(s[1]);
	close(nl.fd);
	close(dev);
}

int main(void)
{
	file = life_file("source", SIZE);
	outlives();
	outlives_process();
	by_netlink();
	netlink_terms();
	return ktap_done();
}
