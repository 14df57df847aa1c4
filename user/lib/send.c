// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verbs of the device that start, collect, pace and stop transfers.  Each
 * is one system call and keeps no state.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "internal.h"

/* The parentheses around a function's name keep its macro from expanding. */
int (zcopy_send)(struct zcopy *z, struct zcopy_send *req,
		 struct zcopy_result *results, size_t result_size)
{
	req->results = (uintptr_t)results;
	req->result_size = result_size;
	return zci_ioctl(zcopy_fd(z), ZCOPY_IOC_SEND, req);
}

int zcopy_sendfile(struct zcopy *z, struct zcopy_sendfile *req)
{
	return zci_ioctl(zcopy_fd(z), ZCOPY_IOC_SENDFILE, req);
}

int zcopy_submit(struct zcopy *z, struct zcopy_send *req, uint64_t *id)
{
	int err;

	req->results = 0;
	req->result_size = 0;
	err = zci_ioctl(zcopy_fd(z), ZCOPY_IOC_SUBMIT, req);
	if (!err && id)
		*id = req->id;
	return err;
}

int (zcopy_submit_batch)(struct zcopy *z, struct zcopy_send *reqs, unsigned int nr,
			 size_t size)
{
	struct zcopy_batch batch;
	struct zcopy_send *req;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		req = (void *)((char *)reqs + i * size);
		req->results = 0;
		req->result_size = 0;
	}
	memset(&batch, 0, sizeof(batch));
	batch.size = sizeof(batch);
	batch.sends = (uintptr_t)reqs;
	batch.nr_sends = nr;
	batch.send_size = size;
	err = zci_ioctl(zcopy_fd(z), ZCOPY_IOC_BATCH, &batch);
	return err ? err : (int)batch.started;
}

int zcopy_set_rate(struct zcopy *z, uint64_t id, uint64_t rate)
{
	struct zcopy_rate req;

	memset(&req, 0, sizeof(req));
	req.size = sizeof(req);
	req.id = id;
	req.rate = rate;
	return zci_ioctl(zcopy_fd(z), ZCOPY_IOC_RATE, &req);
}

int zcopy_set_eventfd(struct zcopy *z, int fd)
{
	struct zcopy_eventfd req;

	memset(&req, 0, sizeof(req));
	req.size = sizeof(req);
	req.fd = fd;
	return zci_ioctl(zcopy_fd(z), ZCOPY_IOC_EVENTFD, &req);
}

int (zcopy_wait)(struct zcopy *z, uint64_t id, struct zcopy_result *results,
		 unsigned int nr, unsigned int min, uint64_t timeout_ns,
		 size_t result_size)
{
	struct zcopy_wait wait;
	int err;

	if (!nr || nr > INT_MAX)
		return -EINVAL;
	memset(&wait, 0, sizeof(wait));
	wait.size = sizeof(wait);
	wait.id = id;
	wait.results = (uintptr_t)results;
	wait.nr_results = nr;
	wait.result_size = result_size;
	wait.min = min;
	wait.timeout_ns = timeout_ns;
	err = zci_ioctl(zcopy_fd(z), ZCOPY_IOC_WAIT, &wait);
	return err ? err : (int)wait.got;
}

static int cancel(struct zcopy *z, uint64_t id, uint32_t flags)
{
	struct zcopy_cancel req;
	int err;

	memset(&req, 0, sizeof(req));
	req.size = sizeof(req);
	req.flags = flags;
	req.id = id;
	err = zci_ioctl(zcopy_fd(z), ZCOPY_IOC_CANCEL, &req);
	return err ? err : (int)req.count;
}

int zcopy_cancel(struct zcopy *z, uint64_t id)
{
	return cancel(z, id, 0);
}

int zcopy_cancel_all(struct zcopy *z)
{
	return cancel(z, 0, ZCOPY_CANCEL_ALL);
}
