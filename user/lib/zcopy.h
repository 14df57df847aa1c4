/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * libzcopy - asynchronous file to socket transfers inside the kernel
 *
 * The C interface to the zcopy module, by its device (zcopy_*) and by generic
 * netlink (zcopy_nl_*).  Structs and their units are those of
 * <linux/zcopy.h>; its errno table holds for every call here.
 *
 * Calls return 0 or a count on success and a negative errno on failure.  They
 * never print, keep no global state and open every descriptor close-on-exec.
 * Threads may use a struct zcopy at the same time, but not close it meanwhile.  A netlink
 * handle and a list are for one thread at a time.  Handles are independent.
 *
 * Structs grow at their end.  A call that fills in structs, or reads arrays of them,
 * takes as a parameter the size that the struct had when the caller was compiled: a
 * macro of the same name adds it, other languages pass it themselves.  The library
 * writes nothing beyond that size and sets fields that it does not know to 0.  In a
 * struct passed to a callback, size is how much the library knows; later fields do
 * not exist.
 */
#ifndef ZCOPY_H
#define ZCOPY_H

#include <linux/zcopy.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- The device ------------------------------------------------------- */

/**
 * struct zcopy - an open /dev/zcopy
 *
 * Closing it cancels its transfers, except detached ones (ZCOPY_F_DETACHED).
 */
struct zcopy;

/** ZCOPY_OPEN_NONBLOCK - read(2) on zcopy_fd() does not wait */
#define ZCOPY_OPEN_NONBLOCK	(1U << 0)

/**
 * zcopy_open() - open the device
 * @zp: receives the handle, for zcopy_close()
 * @flags: 0 or ZCOPY_OPEN_NONBLOCK
 *
 * Return: 0, or -ENOENT, -ENXIO (module not loaded), -EACCES (no right on the
 * device node), -EINVAL (unknown flag), -ENOMEM, -EMFILE.
 */
int zcopy_open(struct zcopy **zp, unsigned int flags);

/**
 * zcopy_close() - close the device and end the transfers that are not detached
 * @z: handle, or NULL
 */
void zcopy_close(struct zcopy *z);

/**
 * zcopy_fd() - the descriptor, for poll(2), read(2) of results or io_uring
 * @z: handle, which still owns the descriptor
 */
int zcopy_fd(const struct zcopy *z);

/**
 * zcopy_query() - features and limits (ZCOPY_IOC_QUERY)
 * @z: handle
 * @query: filled in
 * @size: of *@query, added by the macro
 *
 * Return: 0 or -ENOTTY (the device is not zcopy's).
 */
int zcopy_query(struct zcopy *z, struct zcopy_query *query, size_t size);
#define zcopy_query(z, query)						\
	zcopy_query(z, query, sizeof(struct zcopy_query))

/* --- Lists of elements ------------------------------------------------ */

/** struct zcopy_list - a list of elements */
struct zcopy_list;

/**
 * zcopy_list_new() - an empty list
 * @listp: receives the list, for zcopy_list_free()
 *
 * Return: 0 or -ENOMEM.
 */
int zcopy_list_new(struct zcopy_list **listp);

/** zcopy_list_free() - free a list (or NULL), but not the data it points to */
void zcopy_list_free(struct zcopy_list *list);

/** zcopy_list_reset() - empty a list, but keep its memory for reuse */
void zcopy_list_reset(struct zcopy_list *list);

/**
 * zcopy_list_file() - append a range of a file
 * @list: the list
 * @fd: file open for reading; the list does not own it
 * @off: offset in bytes
 * @len: length in bytes, or ZCOPY_LEN_EOF: up to the end of the file
 *
 * Return: 0, -EBADF (@fd is negative), -EINVAL (range beyond 2^63-1), -ENOMEM.
 */
int zcopy_list_file(struct zcopy_list *list, int fd, uint64_t off, uint64_t len);

/**
 * zcopy_list_memory() - append a piece of memory
 * @list: the list, which borrows @data until the transfer is submitted
 * @data: the bytes
 * @len: number of bytes; 0 appends nothing
 *
 * Return: 0, -EINVAL (NULL with a length), -ENOMEM.
 */
int zcopy_list_memory(struct zcopy_list *list, const void *data, size_t len);

/**
 * zcopy_list_record() - make a list of a control record of the kernel's TLS
 * @list: the list; empty
 * @type: content type (RFC 8446, 5.1), such as 21 for an alert; not 23
 * @data: address of the content; must stay valid until the list was sent or submitted
 * @len: length in bytes, 1 to 16384
 *
 * The record goes out alone, behind all that was submitted to its socket before.
 *
 * Return: 0; -EINVAL: such a record cannot be, or the list is not empty; -ENOMEM.
 */
int zcopy_list_record(struct zcopy_list *list, uint8_t type, const void *data,
		      size_t len);

/** zcopy_list_count() - number of elements in a list */
unsigned int zcopy_list_count(const struct zcopy_list *list);

/**
 * zcopy_sink_init() - describe one socket
 * @sink: filled in, rate 0 (no limit); the caller may then set rate, in bytes per
 *        second for this socket (ZCOPY_FEAT_RATE)
 * @fd: connected TCP socket
 * @size: of *@sink, added by the macro
 */
void zcopy_sink_init(struct zcopy_sink *sink, int fd, size_t size);
#define zcopy_sink_init(sink, fd)					\
	zcopy_sink_init(sink, fd, sizeof(struct zcopy_sink))

/**
 * zcopy_send_init() - describe a transfer
 * @req: filled in, other fields 0; the caller may then set flags (ZCOPY_F_*),
 *       until, end, cookie, rate (bytes per second to each socket), deadline_ns
 *       and idle_ns (nanoseconds), readahead (bytes)
 * @list: elements, borrowed by @req until it is submitted; append none in between
 * @sinks: sockets, borrowed likewise
 * @nr_sinks: number of sockets; more than one is a fan-out (ZCOPY_FEAT_FANOUT):
 *            each has its completion, with its index in struct zcopy_result.sink
 * @size: of *@req, added by the macro
 * @sink_size: of one of @sinks, likewise
 *
 * Submitting @req fails with -EOPNOTSUPP if the module does not offer all that it
 * asks for; zcopy_query() tells beforehand.
 */
void zcopy_send_init(struct zcopy_send *req, const struct zcopy_list *list,
		     const struct zcopy_sink *sinks, unsigned int nr_sinks,
		     size_t size, size_t sink_size);
#define zcopy_send_init(req, list, sinks, nr_sinks)			\
	zcopy_send_init(req, list, sinks, nr_sinks, sizeof(struct zcopy_send), \
			sizeof(struct zcopy_sink))

/* --- Transfers through the device ------------------------------------- */

/**
 * zcopy_send() - run a transfer and wait for its end (ZCOPY_IOC_SEND)
 * @z: handle
 * @req: the transfer; id, results and result_size are set
 * @results: one for each socket, filled in
 * @result_size: of one, added by the macro
 *
 * Return: 0 if the transfer was accepted, however it ended (see @results), or
 * the errno of the refusal; -EINTR if a signal came before anything was done.
 */
int zcopy_send(struct zcopy *z, struct zcopy_send *req,
	       struct zcopy_result *results, size_t result_size);
#define zcopy_send(z, req, results)					\
	zcopy_send(z, req, results, sizeof(struct zcopy_result))

/**
 * zcopy_sendfile() - send a file with header and trailer (ZCOPY_IOC_SENDFILE)
 * @z: handle
 * @req: the transfer, with its size; the fields from id on are set
 *
 * The cheapest call for small responses.
 *
 * Return: as zcopy_send(); @req says how it ended.  -ENOTTY: not in this module.
 */
int zcopy_sendfile(struct zcopy *z, struct zcopy_sendfile *req);

/**
 * zcopy_submit() - start a transfer (ZCOPY_IOC_SUBMIT)
 * @z: handle
 * @req: the transfer; id is set.  After this call the caller may reuse @req and
 *       all that it points to, and close the descriptors.
 * @id: receives the transfer's identifier; may be NULL
 *
 * Return: 0, and each socket will have exactly one completion; or the errno of
 * the refusal, and there will be no completion.
 */
int zcopy_submit(struct zcopy *z, struct zcopy_send *req, uint64_t *id);

/**
 * zcopy_submit_batch() - start many transfers in one call (ZCOPY_IOC_BATCH)
 * @z: handle
 * @reqs: the transfers, each as for zcopy_submit(); id is set in those started
 * @nr: number of transfers, 1 to ZCOPY_BATCH_MAX
 * @size: of one, added by the macro
 *
 * Return: the number of transfers started, in order, at least 1; or the errno of
 * the refusal of the first, and none was started.  If the number is below @nr,
 * submit the next transfer alone to learn why it was refused.  -ENOTTY: this
 * module has no batches.
 */
int zcopy_submit_batch(struct zcopy *z, struct zcopy_send *reqs, unsigned int nr,
		       size_t size);
#define zcopy_submit_batch(z, reqs, nr)					\
	zcopy_submit_batch(z, reqs, nr, sizeof(struct zcopy_send))

/**
 * zcopy_set_rate() - change the rate of a live transfer (ZCOPY_IOC_RATE)
 * @z: handle
 * @id: a transfer of this handle
 * @rate: bytes per second from now on, 0 for no limit
 *
 * Return: 0, -ENOENT (no live transfer of this handle has that id), -ENOTTY or
 * -EOPNOTSUPP (this module has no rates).
 */
int zcopy_set_rate(struct zcopy *z, uint64_t id, uint64_t rate);

/**
 * zcopy_set_eventfd() - signal completions by an eventfd (ZCOPY_IOC_EVENTFD)
 * @z: handle, which holds the eventfd until it is closed or given another
 * @fd: an eventfd; its count rises by one for each completion that becomes
 *      collectable from now on.  -1: stop.  The caller may close the eventfd.
 *
 * Completions are still collected with zcopy_wait() or read(2).
 *
 * Return: 0, -EBADF, -EINVAL (not an eventfd), -ENOTTY (not in this module).
 */
int zcopy_set_eventfd(struct zcopy *z, int fd);

/**
 * zcopy_wait() - collect completions of this handle (ZCOPY_IOC_WAIT)
 * @z: handle
 * @id: a transfer, or ZCOPY_ID_ANY
 * @results: filled in, oldest completion first
 * @nr: room in @results, at least 1
 * @min: return when there are this many, at most @nr; 0: return at once
 * @timeout_ns: longest wait in nanoseconds, or ZCOPY_WAIT_FOREVER
 * @result_size: of a result, added by the macro
 *
 * Return: the number of @results filled in, fewer than @min if the time is up, if
 * a signal came after the first, or if no live transfer could bring more; or
 * -EINTR (a signal came before the first; with a time limit also one without a
 * handler, as SIGCONT), -ENOENT (no transfer of this handle
 * has that @id, or its completion was already collected), -EINVAL.
 */
int zcopy_wait(struct zcopy *z, uint64_t id, struct zcopy_result *results,
	       unsigned int nr, unsigned int min, uint64_t timeout_ns,
	       size_t result_size);
#define zcopy_wait(z, id, results, nr, min, timeout_ns)			\
	zcopy_wait(z, id, results, nr, min, timeout_ns, sizeof(struct zcopy_result))

/**
 * zcopy_cancel() - stop a transfer of this handle (ZCOPY_IOC_CANCEL)
 * @z: handle
 * @id: the transfer
 *
 * The transfer still has its completion.
 *
 * Return: 1, or -ENOENT (no live transfer of this handle has that id).
 */
int zcopy_cancel(struct zcopy *z, uint64_t id);

/**
 * zcopy_cancel_all() - stop all live transfers of this handle
 * @z: handle
 *
 * Return: the number of transfers told to stop.
 */
int zcopy_cancel_all(struct zcopy *z);

/* --- Generic netlink -------------------------------------------------- */

/** struct zcopy_nl - a netlink socket connected to the module */
struct zcopy_nl;

/**
 * struct zcopy_transfer - what netlink tells about a transfer
 * @size: bytes of this struct that the library knows
 * @result: identifier, status and figures; fields that the kernel did not
 *          send are 0; duration_ns of a live transfer is its age
 * @state: enum zcopy_state of <linux/zcopy_netlink.h>
 * @uid: user that submitted it
 * @pid: process that submitted it, 0 if not told
 * @comm: name of that process, "" if not told
 * @file: path of the file being sent, NULL if not told
 * @local: local address of the connection, ss_family 0 if not told
 * @peer: address of the peer, likewise
 * @rate: its limit in bytes per second, 0 for no limit
 * @until: enum zcopy_until
 * @netns: number of its network namespace (inode of /proc/PID/ns/net), 0 if not
 *         told
 * @worker: id of the kernel thread that works on it now, 0 if none or not told
 * @turn_ns: nanoseconds that @worker has worked on it without a break, 0 if none
 * @turn_in: what the worker is doing, "reading" and the like, "" if not told
 *
 * The struct and its strings are valid until the callback returns.
 */
struct zcopy_transfer {
	size_t			size;
	const struct zcopy_result *result;
	uint32_t		state;
	uint32_t		uid;
	uint32_t		pid;
	const char		*comm;
	const char		*file;
	struct sockaddr_storage	local;
	struct sockaddr_storage	peer;
	uint64_t		rate;
	uint32_t		until;
	uint32_t		netns;
	uint32_t		worker;
	uint64_t		turn_ns;
	const char		*turn_in;
};

/** ZCOPY_NOT_TOLD - stands for a number that the kernel did not tell */
#define ZCOPY_NOT_TOLD		UINT64_MAX

/**
 * struct zcopy_limit - a limit of the machine, or a setting
 * @size: for a callback, bytes of this struct that the library knows; ignored by
 *	zcopy_nl_limits_set()
 * @name: one of those at ZCOPY_A_L_NAME in <linux/zcopy_netlink.h>
 * @value: how many may be live at a time: transfers, elements or bytes; or the setting
 * @used: how many are live now, of all users or of the caller's; ZCOPY_NOT_TOLD if
 *	the caller may not know, and for a setting
 * @help: one line for people, "" if the kernel sent none
 *
 * The struct and its strings are valid until the callback returns.
 */
struct zcopy_limit {
	size_t			size;
	const char		*name;
	uint64_t		value;
	uint64_t		used;
	const char		*help;
};

/** zcopy_transfer_fn - takes a transfer; not 0 ends the call with that value */
typedef int (*zcopy_transfer_fn)(const struct zcopy_transfer *t, void *arg);

/** zcopy_event_fn - takes an event; not 0: later events stay queued */
typedef int (*zcopy_event_fn)(uint32_t event, const struct zcopy_transfer *t,
			      void *arg);

/** zcopy_counter_fn - takes a counter; @help is "" if the kernel sent none */
typedef int (*zcopy_counter_fn)(const char *name, uint64_t value,
				const char *help, void *arg);

/** zcopy_limit_fn - takes a limit; not 0 ends the call with that value */
typedef int (*zcopy_limit_fn)(const struct zcopy_limit *limit, void *arg);

/**
 * zcopy_nl_open() - open a netlink socket and find the family "zcopy"
 * @nlp: receives the handle, for zcopy_nl_close()
 *
 * Return: 0, or -ENOENT (the module is not loaded), -ENOMEM, -EMFILE.
 */
int zcopy_nl_open(struct zcopy_nl **nlp);

/**
 * zcopy_nl_open_replay() - a handle that answers from a recording
 * @nlp: receives the handle
 * @fd: a recording of zcopy_nl_open_record(); owned by the handle on success
 *
 * Make requests in the recorded order; nothing is sent.
 *
 * Return: 0, or -ENODATA (recording ended), -EPROTO (not a recording).
 */
int zcopy_nl_open_replay(struct zcopy_nl **nlp, int fd);

/**
 * zcopy_nl_open_record() - as zcopy_nl_open(), and record all answers
 * @nlp: receives the handle
 * @fd: file to which every received message is written; owned by the handle
 *      on success
 *
 * Return: as zcopy_nl_open(), or the error of write(2).
 */
int zcopy_nl_open_record(struct zcopy_nl **nlp, int fd);

/** zcopy_nl_close() - close the handle (or NULL); transfers go on */
void zcopy_nl_close(struct zcopy_nl *nl);

/**
 * zcopy_nl_renew() - find the family again after the module was unloaded
 * @nl: handle
 *
 * A module that is loaded again is a new netlink family.  Until this call succeeds,
 * requests to the module fail with -ENODEV; so does zcopy_nl_events() of a joined
 * handle once all events of the old module are taken.  The new module numbers
 * transfers from the beginning.  A joined handle then receives events again.
 *
 * Return: 0, -ENOENT (no module is loaded), or as zcopy_nl_join().
 */
int zcopy_nl_renew(struct zcopy_nl *nl);

/**
 * zcopy_nl_all_namespaces() - choose the network namespaces of later requests
 * @nl: handle
 * @on: 0, the default: the caller's only; not 0: zcopy_nl_get(), zcopy_nl_dump(),
 *      zcopy_nl_cancel() and zcopy_nl_set_rate() cover all network namespaces and
 *      need CAP_NET_ADMIN in the initial user namespace (-EACCES)
 */
void zcopy_nl_all_namespaces(struct zcopy_nl *nl, int on);

/** zcopy_nl_fd() - the descriptor; use it only to poll(2) for events */
int zcopy_nl_fd(const struct zcopy_nl *nl);

/**
 * zcopy_nl_error() - the kernel's sentence about the last failed call
 * @nl: handle
 *
 * Return: the sentence, "" if there was none; valid until the next call.
 */
const char *zcopy_nl_error(const struct zcopy_nl *nl);

/**
 * zcopy_nl_submit() - start a transfer (ZCOPY_CMD_SUBMIT)
 * @nl: handle; it will receive the COMPLETED event of the transfer
 * @devfd: an open /dev/zcopy, which gives the right to use zcopy; its last close
 *         cancels the transfer unless that is detached (ZCOPY_F_DETACHED)
 * @req: the transfer, from zcopy_send_init()
 * @id: receives the identifier of the (first) transfer
 *
 * The kernel takes descriptors only from the process that opened the handle, with
 * unchanged credentials.  A child, or a process after setuid(2) or the like, gets
 * -EACCES and must open its own handle.
 *
 * Return: 0 or the errno of the refusal, -EINVAL also if the module is older
 * than an attribute of @req, -EOPNOTSUPP also if @req uses a field that has no
 * attribute (flags of elements and sockets).
 */
int zcopy_nl_submit(struct zcopy_nl *nl, int devfd, const struct zcopy_send *req,
		    uint64_t *id);

/**
 * zcopy_nl_submit_all() - as zcopy_nl_submit(), for a list of sockets
 * @nl: handle; it will receive a COMPLETED event for each socket
 * @devfd: an open /dev/zcopy
 * @req: the transfer
 * @ids: receives as many identifiers as @req has sockets, in their order
 *
 * Return: as zcopy_nl_submit(); -EPROTO if it was started, but the kernel did
 * not return one identifier per socket.
 */
int zcopy_nl_submit_all(struct zcopy_nl *nl, int devfd,
			const struct zcopy_send *req, uint64_t *ids);

/**
 * zcopy_nl_get() - look at one live transfer (ZCOPY_CMD_GET)
 * @nl: handle
 * @id: the transfer
 * @fn: called once
 * @arg: given to @fn
 *
 * Return: 0, what @fn returned, or -ENOENT (no such live transfer, or another
 * user's).
 */
int zcopy_nl_get(struct zcopy_nl *nl, uint64_t id, zcopy_transfer_fn fn,
		 void *arg);

/**
 * zcopy_nl_dump() - look at all live transfers that the caller may see
 * @nl: handle
 * @fn: called for each; must not use @nl
 * @arg: given to @fn
 *
 * Return: 0, what @fn returned, or -EAGAIN if the set changed meanwhile, so that
 * transfers may be missing or doubled: dump again.
 */
int zcopy_nl_dump(struct zcopy_nl *nl, zcopy_transfer_fn fn, void *arg);

/**
 * zcopy_nl_cancel() - stop a transfer (ZCOPY_CMD_CANCEL)
 * @nl: handle
 * @id: the transfer; 0 for all that the caller may stop
 *
 * Return: the number of transfers told to stop, or -ENOENT.
 */
int zcopy_nl_cancel(struct zcopy_nl *nl, uint64_t id);

/**
 * zcopy_nl_set_rate() - change the rate of a live transfer (ZCOPY_CMD_SET_RATE)
 * @nl: handle
 * @id: the transfer
 * @rate: bytes per second from now on, 0 for no limit
 *
 * Return: 0, -ENOENT (no such live transfer, or another user's), -EOPNOTSUPP
 * (this module has no rates).
 */
int zcopy_nl_set_rate(struct zcopy_nl *nl, uint64_t id, uint64_t rate);

/**
 * zcopy_nl_limits_get() - limits of the machine (ZCOPY_CMD_LIMITS_GET)
 * @nl: handle
 * @fn: called for each, in the kernel's order; must not use @nl
 * @arg: given to @fn
 *
 * Return: 0, what @fn returned, or -EOPNOTSUPP (not in this module).
 */
int zcopy_nl_limits_get(struct zcopy_nl *nl, zcopy_limit_fn fn, void *arg);

/**
 * zcopy_nl_limits_set() - set limits, all of them or none (ZCOPY_CMD_LIMITS_SET)
 * @nl: handle
 * @limits: name and value of each; used and help are ignored
 * @nr: number of limits
 * @size: of one, added by the macro
 *
 * Live transfers stay; a limit below present use refuses new transfers only.
 *
 * Return: 0, -EACCES (takes CAP_NET_ADMIN in the initial user namespace),
 * -EINVAL (no such limit, or no such value; zcopy_nl_error() tells), -EOPNOTSUPP.
 */
int zcopy_nl_limits_set(struct zcopy_nl *nl, const struct zcopy_limit *limits,
			unsigned int nr, size_t size);
#define zcopy_nl_limits_set(nl, limits, nr)				\
	zcopy_nl_limits_set(nl, limits, nr, sizeof(struct zcopy_limit))

/**
 * zcopy_nl_stats() - counters of the network namespace (ZCOPY_CMD_STATS)
 * @nl: handle
 * @fn: called for each, in the kernel's order; must not use @nl
 * @arg: given to @fn
 *
 * Return: 0 or what @fn returned.
 */
int zcopy_nl_stats(struct zcopy_nl *nl, zcopy_counter_fn fn, void *arg);

/**
 * zcopy_nl_query() - features and limits (ZCOPY_CMD_QUERY)
 * @nl: handle
 * @query: filled in
 * @size: of *@query, added by the macro
 *
 * Return: 0.
 */
int zcopy_nl_query(struct zcopy_nl *nl, struct zcopy_query *query, size_t size);
#define zcopy_nl_query(nl, query)					\
	zcopy_nl_query(nl, query, sizeof(struct zcopy_query))

/**
 * zcopy_nl_join() - receive events of all transfers in the network namespace
 * @nl: handle
 *
 * Return: 0, -EPERM (takes CAP_NET_ADMIN), -ENODEV (see zcopy_nl_renew()), or
 * -EOPNOTSUPP (this module sends no events).
 */
int zcopy_nl_join(struct zcopy_nl *nl);

/**
 * zcopy_nl_events() - take events
 * @nl: handle
 * @timeout_ms: longest wait in milliseconds, negative: no limit
 * @fn: called for each event; may use @nl for requests
 * @arg: given to @fn
 *
 * Return: the number of events given to @fn; 0 when the time is up, or before that
 * if a message came that is no event; -EINTR after a signal, -ENOBUFS when events
 * were lost because they were not read in time, -ENODEV when the module was unloaded
 * (see zcopy_nl_renew()), -ENODATA at the end of a recording.
 */
int zcopy_nl_events(struct zcopy_nl *nl, int timeout_ms, zcopy_event_fn fn,
		    void *arg);

/**
 * zcopy_nl_missed() - number of messages that the socket had no room for
 * @nl: handle
 * @missed: receives the number since the handle was opened, 0 for a recording
 *
 * Return: 0 or a negative errno.
 */
int zcopy_nl_missed(const struct zcopy_nl *nl, uint64_t *missed);

/* --- Names ------------------------------------------------------------ */

/**
 * zcopy_strerror() - what an errno means for zcopy
 * @err: errno, of either sign
 *
 * Return: a phrase, never NULL.
 */
const char *zcopy_strerror(int err);

/** zcopy_status_name() - word for an enum zcopy_status, "unknown" if not one */
const char *zcopy_status_name(uint32_t status);

/** zcopy_status_text() - phrase for an enum zcopy_status */
const char *zcopy_status_text(uint32_t status);

/** zcopy_copy_reason_name() - word for an enum zcopy_copy, NULL if not one */
const char *zcopy_copy_reason_name(unsigned int reason);

/** zcopy_copy_reason_text() - phrase for an enum zcopy_copy, NULL if not one */
const char *zcopy_copy_reason_text(unsigned int reason);

/** zcopy_feature_name() - word for feature bit @bit (from 0), NULL if none */
const char *zcopy_feature_name(unsigned int bit);

/** zcopy_feature_text() - phrase for feature bit @bit (from 0), NULL if none */
const char *zcopy_feature_text(unsigned int bit);

/** zcopy_flag_name() - word for bit @bit of ZCOPY_F_*, NULL if none */
const char *zcopy_flag_name(unsigned int bit);

/** zcopy_state_name() - word for an enum zcopy_state, "unknown" if not one */
const char *zcopy_state_name(uint32_t state);

/** zcopy_until_name() - word for an enum zcopy_until, "unknown" if not one */
const char *zcopy_until_name(uint32_t until);

/** zcopy_event_name() - word for an enum zcopy_event, "unknown" if not one */
const char *zcopy_event_name(uint32_t event);

#ifdef __cplusplus
}
#endif

#endif /* ZCOPY_H */
