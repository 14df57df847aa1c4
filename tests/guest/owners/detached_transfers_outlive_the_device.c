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

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 << 20)

static int file;
static struct pair s;

static uint64_t active(void)
{
	return counter_of("transfers_active");
}

static uint64_t start(int dev, uint32_t flags)
{
	struct raw q;

	s = pair_open(true);
	raw_fill(&q, s.near, file, 0, SIZE);
	q.s.flags = flags;
	if (raw_submit(dev, &q))
		die("submit");
	return q.s.id;
}

static void outlives(void)
{
	uint64_t done = counter_of("transfers_completed");
	struct zcopy_result res;
	int dev = dev_open(0);
	uint64_t id = start(dev, ZCOPY_F_DETACHED);

	ktap_eq(dev_wait(dev, id, &res, 1, 1, 100), -ENOENT, "it is not the device's");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 100), 0, "which has nothing to wait for");
	ktap_eq(dev_cancel(dev, id), -ENOENT, "nor to cancel");
	ktap_eq(dev_cancel(dev, 0), 0, "not even all");
	close(dev);
	close(s.near);
	sleep_ms(200);
	ktap_eq(active(), 1, "it lives on when the device is closed");
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "and arrives");
	ktap_ok(counters_rest(), "then it ends");
	ktap_eq(counter_of("transfers_completed"), done + 1, "as done");
	close(s.far);
}

static void outlives_process(void)
{
	int status = -1;
	pid_t pid;

	s = pair_open(true);
	pid = fork();
	if (!pid) {
		struct raw q;
		int dev = dev_open(0);

		raw_fill(&q, s.near, file, 0, SIZE);
		q.s.flags = ZCOPY_F_DETACHED;
		if (raw_submit(dev, &q))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ktap_ok(WIFSIGNALED(status), "its submitter is killed");
	close(s.near);
	ktap_eq(sock_check(s.far, 0, SIZE), SIZE, "it arrives all the same");
	ktap_ok(counters_rest(), "and ends");
	close(s.far);
}

static void by_netlink(void)
{
	uint64_t cancelled = counter_of("transfers_cancelled");
	int dev = dev_open(0);
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
	ktap_ok(counters_rest(), "so that it ends");
	ktap_eq(counter_of("transfers_cancelled"), cancelled + 1, "as cancelled");
	close(s.near);
	close(s.far);
	close(nl.fd);
}

/* The terms of a submission by netlink, as the message has them */
static void netlink_terms(void)
{
	uint64_t failed = counter_of("transfers_failed");
	int dev = dev_open(0);
	static struct nlraw_msg m;
	struct nlraw nl;
	uint64_t since;

	s = pair_open(true);
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, dev, s.near, file, 0, SIZE);
	nlraw_u64(&m, ZCOPY_A_DEADLINE_NS, 300000000);
	nlraw_u64(&m, ZCOPY_A_RATE, 1000);
	since = now_ms();
	ktap_eq(nlraw_talk(&nl, &m), 0, "netlink takes a rate and a deadline");
	ktap_ok(counters_rest(), "which end it");
	ktap_ok(now_ms() - since >= 300, "not before");
	ktap_eq(counter_of("transfers_failed"), failed + 1, "as failed");
	close(s.near);
	ktap_ok(sock_check(s.far, 0, SIZE) < 1000, "at its rate");
	close(s.far);
	close(nl.fd);
	close(dev);
}

int main(void)
{
	file = file_to_read("source", SIZE);
	outlives();
	outlives_process();
	by_netlink();
	netlink_terms();
	return ktap_done();
}

