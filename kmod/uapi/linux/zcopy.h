/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * zcopy - asynchronous file to socket transfers inside the kernel
 *
 * One transfer takes an ordered list of elements (ranges of files, pieces of
 * memory) and moves their bytes to a connected TCP socket.  Page-cache pages
 * travel by reference wherever the kernel and the route allow it; the result
 * says exactly how many bytes did, and why the others were copied.
 *
 * Open /dev/zcopy and use the verbs below:
 *
 *   ZCOPY_IOC_SEND    struct zcopy_send    run a transfer, return when it ended
 *   ZCOPY_IOC_SUBMIT  struct zcopy_send    start a transfer, return at once
 *   ZCOPY_IOC_WAIT    struct zcopy_wait    collect completions
 *   ZCOPY_IOC_CANCEL  struct zcopy_cancel  stop transfers
 *   ZCOPY_IOC_QUERY   struct zcopy_query   features and limits of this kernel
 *   ZCOPY_IOC_BATCH   struct zcopy_batch   start many transfers in one call
 *   ZCOPY_IOC_RATE    struct zcopy_rate    change the rate of a live transfer
 *   ZCOPY_IOC_EVENTFD struct zcopy_eventfd signal completions by an eventfd
 *   ZCOPY_IOC_SENDFILE struct zcopy_sendfile  SEND of one file, with header and trailer
 *
 * The same through io_uring: IORING_OP_URING_CMD on the device with
 * ZCOPY_IOC_SEND as cmd_op and a struct zcopy_uring in the command's payload.
 *
 * read(2) on the device returns whole struct zcopy_result records of
 * ZCOPY_RESULT_SIZE_VER0 bytes each, oldest first; poll(2) and epoll(7) report
 * the device readable while there are any.  Without a completion to collect,
 * read(2) returns 0 if no transfer is live; otherwise it blocks, or fails with
 * EAGAIN if the device was opened O_NONBLOCK.
 *
 * Rules that hold for every struct here
 *   - The first field is the size of the struct as the caller knows it.  A
 *     smaller size than the first released one is EINVAL.  A larger one is
 *     accepted if all bytes that this kernel does not know are zero.
 *   - Unknown flags, non-zero reserved fields and fields whose flag is not set
 *     are refused; nothing is accepted and ignored.
 *   - The old value of a field marked "out" is ignored: a struct can be reused.
 *   - A verb that fails has changed nothing: no byte was sent, no transfer
 *     exists, no completion will come.
 *   - A verb that starts a transfer and succeeds leads to exactly one
 *     completion per socket.
 *
 * What an errno means, for every verb
 *   ENOTTY      the verb is not known to this kernel
 *   E2BIG       the struct is larger than the one known and its unknown part
 *               is not zero, or there are more elements or sockets than allowed
 *   EINVAL      a value is wrong: size, unknown flag, reserved field, kind of
 *               element, offset and length that overflow, offset of a file
 *               that cannot have one, a socket with O_APPEND
 *   EOPNOTSUPP  understood, but not offered by this kernel or module build;
 *               see the feature bits of ZCOPY_IOC_QUERY.  Also: a source or
 *               socket of a kind that cannot take part (directory, pipe,
 *               listening socket, UDP, ...)
 *   EBADF       a descriptor is closed, or the file is not open for reading
 *   ENOTSOCK    the destination is not a socket
 *   EISDIR      the source is a directory
 *   ENOTCONN    the socket is not connected
 *   EPIPE       the socket's sending side is shut down
 *   ESPIPE      the file has no position that could be moved
 *   EFAULT      a pointer is not valid
 *   EACCES      a security module forbids it, or a right is missing
 *   EAGAIN      a limit on live transfers is reached, try again later
 *   EDQUOT      a limit of this user is reached
 *   EBUSY       the object is in use by another call
 *   ENOENT      no such transfer, or it is not yours
 *   ENOMEM      no memory
 *   EINTR       a signal came before anything was done
 *   ECANCELED   the device is being closed; or the end of a ring cancelled the command
 *
 * The ioctl numbers use type byte 0xBB, 00-1F, which
 * Documentation/userspace-api/ioctl/ioctl-number.rst lists as free.
 */
#ifndef _UAPI_LINUX_ZCOPY_H
#define _UAPI_LINUX_ZCOPY_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ZCOPY_DEVICE		"/dev/zcopy"

#define ZCOPY_IOC_TYPE		0xBB
#define ZCOPY_IOC_QUERY		_IO(ZCOPY_IOC_TYPE, 0x00)
#define ZCOPY_IOC_SEND		_IO(ZCOPY_IOC_TYPE, 0x01)
#define ZCOPY_IOC_SUBMIT	_IO(ZCOPY_IOC_TYPE, 0x02)
#define ZCOPY_IOC_WAIT		_IO(ZCOPY_IOC_TYPE, 0x03)
#define ZCOPY_IOC_CANCEL	_IO(ZCOPY_IOC_TYPE, 0x04)
#define ZCOPY_IOC_BATCH		_IO(ZCOPY_IOC_TYPE, 0x05)
#define ZCOPY_IOC_RATE		_IO(ZCOPY_IOC_TYPE, 0x06)
#define ZCOPY_IOC_EVENTFD	_IO(ZCOPY_IOC_TYPE, 0x07)
#define ZCOPY_IOC_SENDFILE	_IO(ZCOPY_IOC_TYPE, 0x08)

/**
 * enum zcopy_elem_kind - what an element of the source list is
 * @ZCOPY_ELEM_FILE: a range of a file
 * @ZCOPY_ELEM_MEMORY: bytes in the caller's memory, copied in at submission
 * @ZCOPY_ELEM_RECORD: bytes in the caller's memory that the kernel's TLS sends as a record
 *                     of their own, with the content type @record (ZCOPY_FEAT_RECORD)
 *
 * A control record, such as an alert or a handshake message, is the only element of its
 * list, and goes out behind all that was submitted to the socket before.  So a program
 * that changes keys submits its KeyUpdate message, waits for the completion, sets the new
 * key (TLS_TX), and submits on.  EINVAL: other elements, ZCOPY_F_MORE or ZCOPY_END_CORK
 * are given, the length is 0 or more than 16384, or the type is none of a control record.
 * EOPNOTSUPP: the socket has no TLS.  TLS that has memory for a part only sends two
 * records of that type.
 */
enum zcopy_elem_kind {
	ZCOPY_ELEM_FILE		= 1,
	ZCOPY_ELEM_MEMORY	= 2,
	ZCOPY_ELEM_RECORD	= 3,
};

/** ZCOPY_LEN_EOF - length of a file range that ends where the file ends */
#define ZCOPY_LEN_EOF		(~0ULL)

/**
 * struct zcopy_elem - one element of the source list
 * @kind: enum zcopy_elem_kind
 * @fd: the file, open for reading (file ranges); 0 for memory and records
 * @off: offset in the file in bytes, or the address of the memory, or of the
 *       offset (ZCOPY_F_POSITION)
 * @len: length in bytes, up to 2^63-1; ZCOPY_LEN_EOF for a file: up to the
 *       size that the file has at submission, or to where reading ends if the
 *       file reports no true size, as under /proc and /sys.  A file that may have
 *       a server is asked for its size when its turn comes
 * @flags: none defined, 0
 * @record: content type of a record, 1 to 255, but not 23 (application data); else 0
 *
 * An offset and length that add up to more than 2^63-1 are EINVAL.
 *
 * The content of a file under /proc or /sys may depend on the task that reads it,
 * so the submitter reads it: ZCOPY_IOC_SEND to one socket reads while it sends, all
 * else at submission, where it counts as memory (64 KiB in all).  EOPNOTSUPP: such
 * a file is longer than that, or is named in a netlink message.
 */
struct zcopy_elem {
	__u32		kind;
	__s32		fd;
	__aligned_u64	off;
	__aligned_u64	len;
	__u32		flags;
	__u32		record;
};

/**
 * struct zcopy_sink - one socket that the list is sent to
 * @fd: connected TCP socket
 * @flags: none defined, 0
 * @rate: bytes per second for this socket, 0 for no limit (ZCOPY_FEAT_RATE)
 * @reserved: 0
 */
struct zcopy_sink {
	__s32		fd;
	__u32		flags;
	__aligned_u64	rate;
	__aligned_u64	reserved[2];
};

/* Flags of struct zcopy_send */
/** ZCOPY_F_STABLE - copy each chunk, so that what is sent is what was read */
#define ZCOPY_F_STABLE		(1U << 0)
/**
 * ZCOPY_F_DROP_BEHIND - drop from the cache what this transfer brought in
 *
 * Pages that were not cached when the transfer started to read them are dropped
 * during the transfer and at its end, once nothing else uses them.  Pages that the
 * network stack still holds at the end are tried again for up to about three
 * seconds; the files stay open until then.  Pages cached before stay, and so do
 * pages of files not read through their own page cache (stacked and network file
 * systems).
 */
#define ZCOPY_F_DROP_BEHIND	(1U << 1)
/**
 * ZCOPY_F_NOWAIT - EAGAIN where the range is not in the page cache
 *
 * Nothing is read from the file, not even ahead.  At a byte that is not cached the
 * transfer ends with ZCOPY_STATUS_AGAIN and error EAGAIN; @bytes says how many were
 * sent.  With ZCOPY_F_STABLE, and for files not read through their own page cache
 * (O_DIRECT, stacked and network file systems), that is the first byte.
 */
#define ZCOPY_F_NOWAIT		(1U << 2)
/**
 * ZCOPY_F_WARM - bring the ranges into the page cache, send nothing
 *
 * @nr_sinks is 0, and there is one completion.  EINVAL: a socket, a memory element,
 * @until, @end, @rate or a flag other than ZCOPY_F_DETACHED is given.  EOPNOTSUPP: a
 * file has no page cache (O_DIRECT, DAX).  In the result @bytes is 0,
 * @cache_hit_bytes was cached before and @cache_miss_bytes was brought in.
 */
#define ZCOPY_F_WARM		(1U << 3)
/**
 * ZCOPY_F_DETACHED - the transfer outlives the open device
 *
 * The device's verbs do not reach it, nor collect its completion; netlink shows it,
 * stops it and reports its end.  EOPNOTSUPP in ZCOPY_IOC_SEND, which waits for it.
 */
#define ZCOPY_F_DETACHED	(1U << 4)
/**
 * ZCOPY_F_DONTWAIT - ZCOPY_IOC_SEND does not wait for the socket
 *
 * Nor for another thread's send through the same TLS, which may wait for the peer: the
 * answer is then EAGAIN, as for a full socket.
 *
 * A TLS record that is open when the socket is full goes out with the next send, as
 * after a short sendfile(2); likewise with O_NONBLOCK, and after SO_SNDTIMEO.  With
 * ZCOPY_F_NOWAIT, which may end a transfer for another reason, it is closed and sent.
 */
#define ZCOPY_F_DONTWAIT	(1U << 5)
/** ZCOPY_F_MORE - more data follows soon, as MSG_MORE of send(2) */
#define ZCOPY_F_MORE		(1U << 6)
/**
 * ZCOPY_F_POSITION - ZCOPY_IOC_SEND moves an offset, as sendfile(2) does
 *
 * @off of the only element, a file, is the address of an s64 with the offset to begin
 * at; 0: the file's own position (lseek(2)).  When the call returns, and before signal
 * handlers run, the offset has moved past the bytes sent.  EINVAL: several elements or
 * sockets, or memory.  EOPNOTSUPP: another verb.  ESPIPE: the file has no position.
 */
#define ZCOPY_F_POSITION	(1U << 7)
/**
 * ZCOPY_F_AS_READ - the bytes as they are when they are read, as from sendfile(2)
 *
 * The caller does not ask whether a file changes meanwhile: ZCOPY_STATUS_DONE also
 * where it would be ZCOPY_STATUS_CHANGED.  That saves two looks at each file, which
 * counts in short transfers.  TRUNCATED is told as ever.
 */
#define ZCOPY_F_AS_READ		(1U << 8)
/**
 * ZCOPY_F_ANY_PID - programs that decide about a file may be told another pid
 *
 * A FUSE server learns which process reads, and may answer by it.  Where the caller does
 * not run the transfer itself, a thread of the module reads, and the server is told the
 * pid of that thread, or 0.  Without this flag ZCOPY_IOC_SUBMIT, ZCOPY_IOC_BATCH, io_uring
 * and netlink, and ZCOPY_IOC_SEND to several sockets, refuse files of FUSE, and of file
 * systems stacked on others that may be FUSE: EOPNOTSUPP.  So they do for files of which a
 * program has to permit each read (fanotify), which is told the pid of the reading thread;
 * on Linux 6.1 they do not see such a program if it watches a whole mount.
 */
#define ZCOPY_F_ANY_PID		(1U << 9)

/**
 * enum zcopy_until - when a transfer counts as complete
 * @ZCOPY_UNTIL_QUEUED: the socket has taken all bytes and sends them even if it
 *                      is closed; here a blocking sendfile(2) returns
 * @ZCOPY_UNTIL_ACKED: the peer's TCP has acknowledged all bytes
 * @ZCOPY_UNTIL_RELEASED: the network stack holds no page of the files any more, so that
 *                        they may be changed; as soon as QUEUED if it got none
 *
 * Bytes count as sent once the socket has taken them, at every level.  While a
 * transfer waits for ACKED or RELEASED, the next transfer to its socket runs.
 * Transfers that wait for the same level complete in order; a transfer that need not
 * wait completes before an earlier transfer that must.  A transfer that ends while it
 * waits counts all its bytes, and its status says why it ended: CANCELLED, DEADLINE,
 * IDLE, AGAIN (ZCOPY_F_DONTWAIT, O_NONBLOCK or SO_SNDTIMEO), or SOCKET_ERROR if the
 * connection ended first.  A transfer that could not send all does not wait.
 *
 * SOCKET_ERROR with ENOTRECOVERABLE: all bytes are acknowledged, but the release of
 * the pages cannot be seen, because net.ipv4.tcp_mtu_probing was switched on and
 * used meanwhile, or a device of an older kernel dropped a packet.  The connection
 * is fine; do not change the files in place.
 *
 * For ACKED and RELEASED the kernel's TLS sends an unfinished last record at once,
 * even with ZCOPY_F_MORE or ZCOPY_END_CORK.
 *
 * At every level a transfer waits until TCP has room for the records that TLS holds,
 * because closing the socket would lose them.  A transfer that its file ends early
 * (TRUNCATED, FILE_ERROR), or for which memory runs out, closes the record that the last
 * bytes are in and waits, too.  Three cases do not wait.  After a send that does not wait
 * for the socket, TLS may hold records, as after send(2).  A record that the caller keeps
 * open (ZCOPY_F_MORE, ZCOPY_END_CORK) stays with TLS.  When a transfer ends by CANCELLED,
 * DEADLINE, IDLE or AGAIN, its bytes count as sent and TLS passes them on as the peer
 * makes room, but a close of the socket does not wait for that, whatever its SO_SNDTIMEO.
 *
 * If a transfer ends early within a record, the record is closed and sent, except
 * with ZCOPY_F_MORE and as ZCOPY_F_DONTWAIT says.  A send of the program's own through
 * the same TLS delays that, and so the end of the transfer, by up to three seconds; after
 * that the record goes out with the bytes that are sent next.
 */
enum zcopy_until {
	ZCOPY_UNTIL_QUEUED	= 0,
	ZCOPY_UNTIL_ACKED	= 1,
	ZCOPY_UNTIL_RELEASED	= 2,
};

/**
 * enum zcopy_end - what is done to the socket after the last byte
 * @ZCOPY_END_KEEP: nothing
 * @ZCOPY_END_CORK: hold back a partial segment for what the program sends next
 * @ZCOPY_END_SHUTDOWN: shut down the sending side.  The kernel's TLS first tells the
 *                      peer so by a close_notify alert.  The transfer waits until the
 *                      socket has room for it, or ends with ZCOPY_STATUS_AGAIN if it
 *                      does not wait for the socket
 *
 * Done once the socket has all bytes, and only if all were sent (DONE, CHANGED).
 */
enum zcopy_end {
	ZCOPY_END_KEEP		= 0,
	ZCOPY_END_CORK		= 1,
	ZCOPY_END_SHUTDOWN	= 2,
};

/**
 * struct zcopy_send - a transfer (ZCOPY_IOC_SEND, ZCOPY_IOC_SUBMIT)
 * @size: in: sizeof(struct zcopy_send) of the caller
 * @flags: in: ZCOPY_F_*
 * @elems: in: address of an array of struct zcopy_elem
 * @nr_elems: in: its length; 0 is an empty transfer, which completes at once
 * @elem_size: in: sizeof(struct zcopy_elem) of the caller, the array's stride
 * @sinks: in: address of an array of struct zcopy_sink
 * @nr_sinks: in: its length, at least 1; 0 with ZCOPY_F_WARM
 * @sink_size: in: sizeof(struct zcopy_sink) of the caller, the array's stride
 * @cookie: in: copied to the result
 * @until: in: enum zcopy_until
 * @end: in: enum zcopy_end
 * @rate: in: bytes per second, 0 for no limit (ZCOPY_FEAT_RATE).  The lower of
 *        this and the socket's own rate binds.  Bytes go in bursts of 10 ms of the
 *        rate, below 400 KiB/s of up to 30 ms.  A send that does not wait for
 *        the socket still waits for its rate.
 * @deadline_ns: in: nanoseconds after submission at which the transfer is
 *               given up, 0 for never (ZCOPY_FEAT_DEADLINE); a transfer that
 *               is waiting for a file at that time is given up afterwards
 * @idle_ns: in: nanoseconds without progress after which the transfer is given
 *           up, 0 for never (ZCOPY_FEAT_IDLE).  Progress is a byte taken by the
 *           socket, or acknowledged if the transfer waits for that.  Time in the
 *           socket's queue of transfers counts
 * @readahead: in: most bytes to read ahead, up to 64 MiB, 0 for the file's own
 *             setting (ZCOPY_FEAT_READAHEAD).  Reads are of 64 KiB at least;
 *             stacked and network file systems keep their own setting
 * @results: in: ZCOPY_IOC_SEND: address of an array of @nr_sinks struct
 *           zcopy_result to be filled in; ZCOPY_IOC_SUBMIT: 0, completions are
 *           collected with ZCOPY_IOC_WAIT or read(2)
 * @result_size: in: sizeof(struct zcopy_result) of the caller, or 0
 * @reserved0: 0
 * @id: out: identifier of the (first) transfer
 * @reserved: 0
 *
 * ZCOPY_IOC_SEND returns 0 when an accepted transfer has ended; the result says how.
 * A signal ends the transfer early, with the bytes sent so far in the result (with
 * ZCOPY_F_WARM: the bytes looked up).  If there are none, the call fails with EINTR or is
 * restarted, as send(2) (signal(7)); with @deadline_ns or @idle_ns it is not restarted,
 * as with SO_SNDTIMEO, because the time would begin anew.
 * On a socket with O_NONBLOCK it ends with ZCOPY_STATUS_AGAIN when the socket is full.
 *
 * ZCOPY_IOC_SUBMIT waits for neither disk nor peer.  The call itself sends short
 * transfers that are cached and have room, so it may ask a permission listener of
 * the file (fanotify(7)).
 */
struct zcopy_send {
	__u32		size;
	__u32		flags;
	__aligned_u64	elems;
	__u32		nr_elems;
	__u32		elem_size;
	__aligned_u64	sinks;
	__u32		nr_sinks;
	__u32		sink_size;
	__aligned_u64	cookie;
	__u32		until;
	__u32		end;
	__aligned_u64	rate;
	__aligned_u64	deadline_ns;
	__aligned_u64	idle_ns;
	__aligned_u64	readahead;
	__aligned_u64	results;
	__u32		result_size;
	__u32		reserved0;
	__aligned_u64	id;
	__aligned_u64	reserved[4];
};

/**
 * struct zcopy_sendfile - one file to one socket (ZCOPY_IOC_SENDFILE)
 * @size: in: sizeof(struct zcopy_sendfile) of the caller
 * @flags: in: ZCOPY_F_* as for ZCOPY_IOC_SEND, but not ZCOPY_F_WARM
 * @sock: in: connected TCP socket
 * @file: in: the file, open for reading
 * @off: in: offset in the file in bytes, or the address of the offset
 *       (ZCOPY_F_POSITION)
 * @len: in: length in bytes, or ZCOPY_LEN_EOF, as in struct zcopy_elem
 * @head: in: address of bytes that go before the file
 * @tail: in: address of bytes that go behind it
 * @head_len: in: how many; 0 for none
 * @tail_len: in: how many; 0 for none
 * @cookie: in: shown in listings and events
 * @until: in: enum zcopy_until
 * @end: in: enum zcopy_end
 * @reserved: 0
 * @id: out: identifier of the transfer
 * @bytes: out: bytes that the socket has taken, of header, file and trailer
 * @bytes_by_ref: out: those that went by reference to page-cache pages
 * @status: out: enum zcopy_status
 * @error: out: 0, or the errno (positive) behind @status
 *
 * Does what ZCOPY_IOC_SEND does for that socket and for a list of the header, the file
 * and the trailer, without a rate or time limit; an EFAULT means likewise that nothing
 * was sent.  For small responses it is the cheapest call: one struct holds the request
 * and its result.
 */
struct zcopy_sendfile {
	__u32		size;
	__u32		flags;
	__s32		sock;
	__s32		file;
	__aligned_u64	off;
	__aligned_u64	len;
	__aligned_u64	head;
	__aligned_u64	tail;
	__u32		head_len;
	__u32		tail_len;
	__aligned_u64	cookie;
	__u16		until;
	__u16		end;
	__u32		reserved;
	__aligned_u64	id;
	__aligned_u64	bytes;
	__aligned_u64	bytes_by_ref;
	__u32		status;
	__u32		error;
};

/**
 * enum zcopy_status - how a transfer ended
 * @ZCOPY_STATUS_DONE: all bytes that were asked for
 * @ZCOPY_STATUS_CHANGED: all bytes, but the content of a file was changed
 *                        meanwhile, or nothing can tell that it was not
 * @ZCOPY_STATUS_TRUNCATED: a file ended before its range did; where the range went
 *                          to the end, the file was changed meanwhile
 * @ZCOPY_STATUS_CANCELLED: by a caller, a signal, or the close of its device or ring
 * @ZCOPY_STATUS_AGAIN: the caller asked not to wait for the socket (or the cache).
 *                      @error is EBUSY if other transfers to the socket were
 *                      first.  The socket need not be full then, so poll(2) does
 *                      not tell when they have ended; a transfer may count for a
 *                      moment after its completion
 * @ZCOPY_STATUS_SOCKET_ERROR: the socket failed, @error says how
 * @ZCOPY_STATUS_FILE_ERROR: reading the file failed, @error says how
 * @ZCOPY_STATUS_NO_MEMORY: memory ran out
 * @ZCOPY_STATUS_DEADLINE: the deadline passed
 * @ZCOPY_STATUS_IDLE: no progress for the idle time
 * @ZCOPY_STATUS_RUNNING: not ended yet (listings only)
 *
 * CHANGED is never told with ZCOPY_F_AS_READ.  It goes by size, time of modification
 * and, where the file system counts changes, that count.  It is also the answer where
 * nothing can tell:
 * - the file was last written in the same tick of the clock as the submission (4 ms
 *   on most kernels; a second or two where times are whole seconds), and the file
 *   system neither counts changes nor tells writes of one tick apart; XFS of Linux
 *   6.1 and 6.12 counts reads, too;
 * - a write was under way at submission, or may have been: the file was open for
 *   writing, and its inode was locked or read directly;
 * - the file has a server (or a file system that is not known to be local), and was
 *   open for writing on this machine;
 * - the change time moved alone, without rights, owner, number of links or the name
 *   by which the file was opened.
 * Not seen are stores through a mapping that was written to before, and on tmpfs,
 * hugetlbfs and memfds all stores through mappings, because they move no time; holes
 * punched in files of hugetlbfs; a write whose time of modification was set back, if
 * rights, owner, links or name were changed too; and what the server of a file has not
 * told this machine by the end, or tells with a time before the submission, because
 * its clock is behind.
 */
enum zcopy_status {
	ZCOPY_STATUS_DONE		= 0,
	ZCOPY_STATUS_CHANGED		= 1,
	ZCOPY_STATUS_TRUNCATED		= 2,
	ZCOPY_STATUS_CANCELLED		= 3,
	ZCOPY_STATUS_AGAIN		= 4,
	ZCOPY_STATUS_SOCKET_ERROR	= 5,
	ZCOPY_STATUS_FILE_ERROR		= 6,
	ZCOPY_STATUS_NO_MEMORY		= 7,
	ZCOPY_STATUS_DEADLINE		= 8,
	ZCOPY_STATUS_IDLE		= 9,
	ZCOPY_STATUS_RUNNING		= 10,
};

/**
 * enum zcopy_copy - why bytes were copied instead of referenced
 * @ZCOPY_COPY_NO_SG: the route's device has no scatter/gather, or leaves checksums
 *                    to the CPU, which makes them over a copy
 * @ZCOPY_COPY_TLS: TLS encrypts in software, into pages of its own; or a NIC
 *                  encrypts, but TLS_TX_ZEROCOPY_RO did not allow it the file's
 *                  pages, or packets leave by another device
 * @ZCOPY_COPY_DIRECT: the file is open with O_DIRECT or lives on DAX
 * @ZCOPY_COPY_NO_CACHE: the file system keeps no page cache for the file
 * @ZCOPY_COPY_STABLE: ZCOPY_F_STABLE asked for it
 * @ZCOPY_COPY_NO_SPLICE: this kernel cannot send pages by reference, or not
 *                        through the socket map (BPF) that the socket is in
 * @ZCOPY_COPY_MEMORY: a memory element, copied in at submission
 * @ZCOPY_COPY_RELEASED: ZCOPY_UNTIL_RELEASED asked for it: TLS, delivery to a
 *                       socket of the same machine, or a connection that may
 *                       probe for a larger MTU would have kept the file's pages
 * @ZCOPY_COPY_NR: number of reasons that @copied of struct zcopy_result has
 * @ZCOPY_COPY_SMALL: many elements so short that one copy, into the socket's own pages,
 *                    is cheaper than references (copy_small_bytes: see enum
 *                    zcopy_attr_limit); in @copied_small of struct zcopy_result
 * @ZCOPY_COPY_POLICY: the administrator allows no references to the pages of this file
 *                     (enum zcopy_references); in @copied_policy of struct zcopy_result
 */
enum zcopy_copy {
	ZCOPY_COPY_NO_SG	= 0,
	ZCOPY_COPY_TLS		= 1,
	ZCOPY_COPY_DIRECT	= 2,
	ZCOPY_COPY_NO_CACHE	= 3,
	ZCOPY_COPY_STABLE	= 4,
	ZCOPY_COPY_NO_SPLICE	= 5,
	ZCOPY_COPY_MEMORY	= 6,
	ZCOPY_COPY_RELEASED	= 7,
	ZCOPY_COPY_NR		= 8,
	ZCOPY_COPY_SMALL	= 8,
	ZCOPY_COPY_POLICY	= 9,
};

/**
 * struct zcopy_result - how a transfer to one socket ended
 * @size: sizeof(struct zcopy_result) of the kernel
 * @sink: index of the socket in the list of the submission
 * @id: the transfer
 * @cookie: as given at submission
 * @status: enum zcopy_status
 * @error: 0, or the errno (positive) behind @status
 * @bytes_asked: sum of the lengths; a file ends where it ended at submission
 * @bytes: bytes that the socket has taken
 * @bytes_by_ref: those of @bytes that went by reference to page-cache pages
 * @bytes_copied: those of @bytes that were copied; the two add up to @bytes
 * @copied: @bytes_copied by reason, indexed by enum zcopy_copy; but for @copied_small and
 *          @copied_policy
 * @cache_hit_bytes: bytes found in the page cache
 * @cache_miss_bytes: bytes that the transfer's own reads and read-ahead brought in:
 *                    their pages were not cached when the read was started.
 *                    Neither field counts bytes for which this is unknown
 *                    (stacked and network file systems)
 * @socket_waits: how often the transfer waited for room in the socket
 * @disk_waits: how often the transfer waited for a file
 * @retrans: TCP segments of the connection retransmitted during the transfer
 * @reserved0: 0
 * @queued_ns: nanoseconds from submission to the first attempt to send; 0 if the
 *             submitting call made it, with no transfer before it in the queue
 * @first_byte_ns: nanoseconds from submission to the first byte taken
 * @last_byte_ns: nanoseconds from submission to the last byte taken
 * @duration_ns: nanoseconds from submission to completion; to the last byte if
 *               all were sent with ZCOPY_UNTIL_QUEUED
 * @copied_small: bytes copied because of ZCOPY_COPY_SMALL; @bytes_copied includes them
 * @copied_policy: likewise, ZCOPY_COPY_POLICY
 */
struct zcopy_result {
	__u32		size;
	__u32		sink;
	__aligned_u64	id;
	__aligned_u64	cookie;
	__u32		status;
	__u32		error;
	__aligned_u64	bytes_asked;
	__aligned_u64	bytes;
	__aligned_u64	bytes_by_ref;
	__aligned_u64	bytes_copied;
	__aligned_u64	copied[ZCOPY_COPY_NR];
	__aligned_u64	cache_hit_bytes;
	__aligned_u64	cache_miss_bytes;
	__u32		socket_waits;
	__u32		disk_waits;
	__u32		retrans;
	__u32		reserved0;
	__aligned_u64	queued_ns;
	__aligned_u64	first_byte_ns;
	__aligned_u64	last_byte_ns;
	__aligned_u64	duration_ns;
	__aligned_u64	copied_small;
	__aligned_u64	copied_policy;
};

/** ZCOPY_RESULT_SIZE_VER0 - size of a record that read(2) returns */
#define ZCOPY_RESULT_SIZE_VER0	208

/** ZCOPY_ID_ANY - in struct zcopy_wait: whichever transfer completes */
#define ZCOPY_ID_ANY		0

/** ZCOPY_WAIT_FOREVER - in struct zcopy_wait: no time limit */
#define ZCOPY_WAIT_FOREVER	(~0ULL)

/**
 * struct zcopy_wait - collect completions of this open device (ZCOPY_IOC_WAIT)
 * @size: in: sizeof(struct zcopy_wait) of the caller
 * @flags: in: none defined, 0
 * @id: in: a transfer of this device, or ZCOPY_ID_ANY
 * @results: in: address of an array of struct zcopy_result
 * @nr_results: in: its length, at least 1
 * @result_size: in: sizeof(struct zcopy_result) of the caller, its stride
 * @min: in: results to wait for, at most @nr_results; 0: do not wait
 * @got: out: number of results filled in
 * @timeout_ns: in: longest wait in nanoseconds, ZCOPY_WAIT_FOREVER for none
 * @reserved: 0
 *
 * Returns 0 with @got results: fewer than @min if the time is up, if a signal came
 * after the first, or if no live transfer can bring more.  EINTR: a signal came
 * before the first; with @timeout_ns also one without a handler, as in epoll_wait(2)
 * (SIGCONT after SIGSTOP: signal(7)).  ENOENT: this device has no transfer @id (any more).
 */
struct zcopy_wait {
	__u32		size;
	__u32		flags;
	__aligned_u64	id;
	__aligned_u64	results;
	__u32		nr_results;
	__u32		result_size;
	__u32		min;
	__u32		got;
	__aligned_u64	timeout_ns;
	__aligned_u64	reserved[2];
};

/** ZCOPY_CANCEL_ALL - all live transfers of this open device */
#define ZCOPY_CANCEL_ALL	(1U << 0)

/**
 * struct zcopy_cancel - stop transfers of this open device (ZCOPY_IOC_CANCEL)
 * @size: in: sizeof(struct zcopy_cancel) of the caller
 * @flags: in: 0 or ZCOPY_CANCEL_ALL
 * @id: in: the transfer; 0 with ZCOPY_CANCEL_ALL
 * @count: out: number of transfers told to stop
 * @reserved0: 0
 * @reserved: 0
 *
 * Bytes that the socket has taken stay taken.  The completion still comes, with
 * ZCOPY_STATUS_CANCELLED, or with another status if the transfer ended first.
 * ENOENT: no live transfer of this device has that @id.
 */
struct zcopy_cancel {
	__u32		size;
	__u32		flags;
	__aligned_u64	id;
	__u32		count;
	__u32		reserved0;
	__aligned_u64	reserved[2];
};

/**
 * struct zcopy_batch - start many transfers (ZCOPY_IOC_BATCH)
 * @size: in: sizeof(struct zcopy_batch) of the caller
 * @flags: in: none defined, 0
 * @sends: in: address of an array of struct zcopy_send, each as for
 *         ZCOPY_IOC_SUBMIT; @id is filled in for those that were started
 * @nr_sends: in: its length, 1 to ZCOPY_BATCH_MAX
 * @send_size: in: sizeof(struct zcopy_send) of the caller, its stride
 * @started: out: number of transfers started: all, or those before the first refused
 * @reserved0: 0
 * @reserved: 0
 *
 * The @size of each struct zcopy_send is @send_size.  Returns 0 if at least one
 * was started, else the errno of the first refusal.
 *
 * Bytes for the same socket share segments, as if each transfer but the last had
 * ZCOPY_F_MORE.  None are held back when the call returns, or while it waits for the
 * caller's memory.
 */
struct zcopy_batch {
	__u32		size;
	__u32		flags;
	__aligned_u64	sends;
	__u32		nr_sends;
	__u32		send_size;
	__u32		started;
	__u32		reserved0;
	__aligned_u64	reserved[2];
};

/** ZCOPY_BATCH_MAX - most transfers in one ZCOPY_IOC_BATCH */
#define ZCOPY_BATCH_MAX		1024

/**
 * struct zcopy_rate - change the rate of a live transfer (ZCOPY_IOC_RATE)
 * @size: in: sizeof(struct zcopy_rate) of the caller
 * @flags: in: none defined, 0
 * @id: in: a live transfer of this open device
 * @rate: in: bytes per second from now on, 0 for no limit; replaces both rates of
 *        the submission
 * @reserved: 0
 *
 * ENOENT: no live transfer of this device has that @id.
 */
struct zcopy_rate {
	__u32		size;
	__u32		flags;
	__aligned_u64	id;
	__aligned_u64	rate;
	__aligned_u64	reserved[2];
};

/**
 * struct zcopy_eventfd - signal completions (ZCOPY_IOC_EVENTFD)
 * @size: in: sizeof(struct zcopy_eventfd) of the caller
 * @flags: in: none defined, 0
 * @fd: in: an eventfd, which replaces the one given before; -1 for none
 * @reserved0: 0
 * @reserved: 0
 *
 * The eventfd is raised by one for each completion that can be collected from
 * then on.  A transfer that ends while the device is being closed may raise it after
 * the close.
 */
struct zcopy_eventfd {
	__u32		size;
	__u32		flags;
	__s32		fd;
	__u32		reserved0;
	__aligned_u64	reserved[2];
};

/**
 * struct zcopy_uring - payload of an IORING_OP_URING_CMD
 * @addr: in: address of a struct zcopy_send, or of a struct zcopy_batch; read when the
 *        command is issued
 * @flags: in: none defined, 0
 * @reserved: 0
 *
 * cmd_op is ZCOPY_IOC_SEND or ZCOPY_IOC_BATCH.
 *
 * With ZCOPY_IOC_SEND, the issue writes @size 0 and the @id to each of the @nr_sinks
 * results; the rest is written before the CQE comes.  The struct zcopy_send is only
 * read, at issue, so one can serve many commands.  One CQE comes when the last transfer
 * has ended:
 *   0          every socket got all bytes (DONE or CHANGED)
 *   -errno     refused: nothing was done, and @size of the results is 0 or
 *              untouched; or a socket did not get all bytes: the results say
 *              which and why, and the errno is that of the first
 *
 * With ZCOPY_IOC_BATCH, each struct zcopy_send is as for ZCOPY_IOC_SEND, with results of
 * its own.  The issue writes @started to the struct zcopy_batch.  One CQE comes when all
 * transfers that were started have ended: it has the number of requests that were
 * started, or -errno of the first refusal if there was none.  A number does not break a
 * link of commands, whatever the results say.
 *
 * CQE flags are 0.  As with ZCOPY_IOC_SUBMIT, O_NONBLOCK and SO_SNDTIMEO of the
 * socket are ignored.  EOPNOTSUPP: ZCOPY_F_DONTWAIT, ZCOPY_F_DETACHED or
 * ZCOPY_F_POSITION is set, or the ring has IORING_SETUP_IOPOLL.  EINVAL:
 * uring_cmd_flags is not 0.  E2BIG: the rest of a 128-byte SQE is not 0.
 *
 * ZCOPY_IOC_CANCEL with the @id of a result, or with ZCOPY_CANCEL_ALL, cancels the
 * command.  (IORING_OP_ASYNC_CANCEL and IORING_OP_LINK_TIMEOUT find no issued
 * command on any kernel so far; @deadline_ns is a time limit.)  A command holds the
 * device open, so closing the descriptor does not end it.  The end of its ring does,
 * and so does execve(2) in its thread: at once with ZCOPY_FEAT_URING_CANCEL, within
 * about a second without.  (With ZCOPY_FEAT_URING_CANCEL, execve(2) in a thread that has
 * a command in the ring ends those of all threads.)  If the transfers do not end
 * soon after that, because they wait for a file server, the CQE says -ECANCELED and no
 * results are written, then or later: @size stays 0.  The transfers end when the server
 * answers.
 */
struct zcopy_uring {
	__aligned_u64	addr;
	__u32		flags;
	__u32		reserved;
};

/* Feature bits of struct zcopy_query */
/** ZCOPY_FEAT_BY_REF - pages go by reference on this kernel */
#define ZCOPY_FEAT_BY_REF	(1ULL << 0)
/** ZCOPY_FEAT_LISTS - more than one element */
#define ZCOPY_FEAT_LISTS	(1ULL << 1)
/** ZCOPY_FEAT_FANOUT - more than one socket */
#define ZCOPY_FEAT_FANOUT	(1ULL << 2)
/** ZCOPY_FEAT_ACKED - ZCOPY_UNTIL_ACKED */
#define ZCOPY_FEAT_ACKED	(1ULL << 3)
/** ZCOPY_FEAT_RELEASED - ZCOPY_UNTIL_RELEASED */
#define ZCOPY_FEAT_RELEASED	(1ULL << 4)
/** ZCOPY_FEAT_RATE - rate limits */
#define ZCOPY_FEAT_RATE		(1ULL << 5)
/** ZCOPY_FEAT_DEADLINE - deadline_ns */
#define ZCOPY_FEAT_DEADLINE	(1ULL << 6)
/** ZCOPY_FEAT_IDLE - idle_ns */
#define ZCOPY_FEAT_IDLE		(1ULL << 7)
/** ZCOPY_FEAT_READAHEAD - readahead */
#define ZCOPY_FEAT_READAHEAD	(1ULL << 8)
/** ZCOPY_FEAT_END - end actions other than ZCOPY_END_KEEP */
#define ZCOPY_FEAT_END		(1ULL << 9)
/** ZCOPY_FEAT_URING - io_uring commands on the device */
#define ZCOPY_FEAT_URING	(1ULL << 10)
/**
 * ZCOPY_FEAT_URING_CANCEL - the kernel tells commands of the end of their ring
 *
 * IORING_OP_ASYNC_CANCEL does not find them even so.
 */
#define ZCOPY_FEAT_URING_CANCEL	(1ULL << 11)
/** ZCOPY_FEAT_MEMCG - memory is charged to the submitter's cgroup */
#define ZCOPY_FEAT_MEMCG	(1ULL << 12)
/** ZCOPY_FEAT_RECORD - ZCOPY_ELEM_RECORD; sockets with the kernel's TLS are served */
#define ZCOPY_FEAT_RECORD	(1ULL << 13)

/**
 * struct zcopy_query - what this kernel and module offer (ZCOPY_IOC_QUERY)
 * @size: in: sizeof(struct zcopy_query) of the caller; out: of the kernel
 * @flags: in: none defined, 0
 * @features: out: ZCOPY_FEAT_*
 * @send_flags: out: ZCOPY_F_* that are accepted
 * @verbs: out: bit n is set if _IO(ZCOPY_IOC_TYPE, n) is served
 * @max_elems: out: most elements in a list
 * @max_sinks: out: most sockets in a list
 * @max_memory: out: most bytes of memory elements in a list
 * @max_transfers: out: most transfers of one open device, running or waiting
 *                 to be collected
 * @version: out: of the module, for people to read
 * @reserved: out: 0
 */
struct zcopy_query {
	__u32		size;
	__u32		flags;
	__aligned_u64	features;
	__aligned_u64	send_flags;
	__aligned_u64	verbs;
	__u32		max_elems;
	__u32		max_sinks;
	__u32		max_memory;
	__u32		max_transfers;
	char		version[32];
	__aligned_u64	reserved[4];
};

#endif /* _UAPI_LINUX_ZCOPY_H */
