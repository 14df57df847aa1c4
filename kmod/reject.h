/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reject.c - refusals
 *
 * Whatever is refused is refused through zc_reject(): the reason has a name, a
 * counter, an errno and a sentence, all from one table.
 */
#ifndef ZC_REJECT_H
#define ZC_REJECT_H

struct netlink_ext_ack;

/* X(name, errno, sentence) */
#define ZC_REJECTS(X)							\
	X(verb_unknown, ENOTTY, "unknown verb")				\
	X(size_too_small, EINVAL, "struct is smaller than its first release") \
	X(tail_not_zero, E2BIG, "bytes that this kernel does not know are not zero") \
	X(bad_pointer, EFAULT, "a pointer leads nowhere")		\
	X(flag_unknown, EINVAL, "unknown flag")				\
	X(flag_unsupported, EOPNOTSUPP, "flag is not offered by this kernel") \
	X(reserved_set, EINVAL, "a reserved field is not zero")		\
	X(until_unknown, EINVAL, "unknown completion level")		\
	X(end_unknown, EINVAL, "unknown end action")			\
	X(elem_kind, EINVAL, "unknown kind of element")			\
	X(elem_stride, EINVAL, "element size is smaller than its first release") \
	X(too_many_elems, E2BIG, "too many elements")			\
	X(too_much_memory, E2BIG, "memory elements are too long in all") \
	X(range_overflow, EINVAL, "offset and length add up to more than 2^63-1") \
	X(no_sink, EINVAL, "no socket given")				\
	X(sink_stride, EINVAL, "sink size is smaller than its first release") \
	X(too_many_sinks, E2BIG, "too many sockets")			\
	X(results_wrong, EINVAL, "results address and size do not fit the verb") \
	X(source_bad_fd, EBADF, "source descriptor is not open")	\
	X(source_not_readable, EBADF, "source is not open for reading")	\
	X(source_directory, EISDIR, "source is a directory")		\
	X(source_pipe, EOPNOTSUPP, "source is a pipe")			\
	X(source_socket, EOPNOTSUPP, "source is a socket")		\
	X(source_device, EOPNOTSUPP, "source is a device")		\
	X(source_special, EOPNOTSUPP, "source is not a regular file")	\
	X(source_no_read, EOPNOTSUPP, "the kernel cannot read the source by itself") \
	X(sink_bad_fd, EBADF, "destination descriptor is not open")	\
	X(sink_not_socket, ENOTSOCK, "destination is not a socket")	\
	X(sink_unix, EOPNOTSUPP, "destination is a unix socket, not TCP") \
	X(sink_not_tcp, EOPNOTSUPP, "destination is not a TCP socket")	\
	X(sink_mptcp, EOPNOTSUPP, "destination is a multipath TCP socket") \
	X(sink_ulp, EOPNOTSUPP, "destination has an upper layer other than TLS") \
	X(sink_listening, EOPNOTSUPP, "destination is a listening socket") \
	X(sink_not_connected, ENOTCONN, "destination is not connected")	\
	X(sink_shut_down, EPIPE, "the destination's sending side is shut down") \
	X(too_many_transfers, EAGAIN, "too many live transfers")	\
	X(user_limit, EDQUOT, "this user has too many live transfers")	\
	X(no_memory, ENOMEM, "no memory")				\
	X(no_such_transfer, ENOENT, "no such transfer")			\
	X(buffer_too_small, EINVAL, "the buffer is smaller than a record") \
	X(device_missing, EINVAL, "no descriptor of /dev/zcopy given")	\
	X(device_wrong, EACCES, "the descriptor given is not an open /dev/zcopy") \
	X(message_malformed, EINVAL, "malformed message")		\
	X(device_closing, ECANCELED, "the device is being closed")	\
	X(uring_polled, EOPNOTSUPP, "rings that poll devices are not served") \
	X(batch_wrong, EINVAL, "number or size of the requests of a batch is wrong") \
	X(eventfd_bad_fd, EBADF, "eventfd is not open")			\
	X(eventfd_wrong, EINVAL, "the descriptor given is not an eventfd") \
	X(sink_append, EINVAL, "destination is open for appending") \
	X(elements_limit, EAGAIN, "live transfers have too many elements") \
	X(user_elements_limit, EDQUOT,					\
	  "this user's live transfers have too many elements")		\
	X(pinned_limit, EAGAIN, "live transfers may hold too much memory") \
	X(user_pinned_limit, EDQUOT,					\
	  "this user's live transfers may hold too much memory")	\
	X(limit_unknown, EINVAL, "no limit has that name")		\
	X(limit_zero, EINVAL, "a limit is at least 1")			\
	X(limit_twice, EINVAL, "a limit was given twice")		\
	X(source_no_cache, EOPNOTSUPP, "source has no page cache that could be warmed") \
	X(warm_conflict, EINVAL,					\
	  "warming sends nothing: no socket, memory, level, end, rate or flag goes with it") \
	X(readahead_too_large, EINVAL, "read-ahead of more than 64 MiB") \
	X(limit_not_admin, EACCES,					\
	  "limits are set with CAP_NET_ADMIN in the initial user namespace") \
	X(position_conflict, EINVAL,					\
	  "a position goes with one range of a file and one socket")	\
	X(source_no_seek, ESPIPE, "source has no position")		\
	X(netlink_not_opener, EACCES,					\
	  "descriptors are taken only from the program that opened the netlink socket") \
	X(namespaces_not_admin, EACCES,					\
	  "transfers of all namespaces are for CAP_NET_ADMIN in the initial user namespace") \
	X(sink_not_permitted, EACCES,					\
	  "a security module does not let the submitter write to the destination") \
	X(source_answers_reader, EOPNOTSUPP,				\
	  "the source depends on the task that reads it: use SEND, or submit 64 KiB by ioctl")

enum zc_reject_reason {
#define X(name, err, words) ZC_REJECT_##name,
	ZC_REJECTS(X)
#undef X
	ZC_REJECT_NR,
};

int zc_reject(enum zc_reject_reason why, struct netlink_ext_ack *extack);
const char *zc_reject_name(enum zc_reject_reason why);

#endif /* ZC_REJECT_H */
