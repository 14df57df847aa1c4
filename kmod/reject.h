/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reject.c - refusals
 *
 * Every refusal goes through zc_reject().  Each reason has a name, a counter, an
 * errno and a sentence, all from this table.
 */
#ifndef ZC_REJECT_H
#define ZC_REJECT_H

struct netlink_ext_ack;

/* X(name, errno, sentence) */
#define ZC_REJECTS(X)							\
	X(verb_unknown, ENOTTY, "unknown verb")				\
	X(size_too_small, EINVAL, "struct is smaller than its first release") \
	X(tail_not_zero, E2BIG, "the struct has non-zero bytes that this kernel does not know") \
	X(bad_pointer, EFAULT, "a pointer is not valid")		\
	X(flag_unknown, EINVAL, "unknown flag")				\
	X(flag_unsupported, EOPNOTSUPP, "flag is not supported by this verb or kernel") \
	X(reserved_set, EINVAL, "a reserved field is not zero")		\
	X(until_unknown, EINVAL, "unknown completion level")		\
	X(end_unknown, EINVAL, "unknown end action")			\
	X(elem_kind, EINVAL, "unknown kind of element")			\
	X(elem_stride, EINVAL, "element size is smaller than its first release") \
	X(too_many_elems, E2BIG, "too many elements")			\
	X(too_much_memory, E2BIG, "memory elements are too long in total") \
	X(range_overflow, EINVAL, "offset and length add up to more than 2^63-1") \
	X(no_sink, EINVAL, "no socket given")				\
	X(sink_stride, EINVAL, "sink size is smaller than its first release") \
	X(too_many_sinks, E2BIG, "too many sockets")			\
	X(results_wrong, EINVAL, "address or size of the results is wrong for this verb") \
	X(source_bad_fd, EBADF, "source descriptor is not open")	\
	X(source_not_readable, EBADF, "source is not open for reading")	\
	X(source_directory, EISDIR, "source is a directory")		\
	X(source_pipe, EOPNOTSUPP, "source is a pipe")			\
	X(source_socket, EOPNOTSUPP, "source is a socket")		\
	X(source_device, EOPNOTSUPP, "source is a device")		\
	X(source_special, EOPNOTSUPP, "source is not a regular file")	\
	X(source_no_read, EOPNOTSUPP, "source has no read operation that the kernel can use") \
	X(sink_bad_fd, EBADF, "destination descriptor is not open")	\
	X(sink_not_socket, ENOTSOCK, "destination is not a socket")	\
	X(sink_unix, EOPNOTSUPP, "destination is a unix socket, not TCP") \
	X(sink_not_tcp, EOPNOTSUPP, "destination is not a TCP socket")	\
	X(sink_mptcp, EOPNOTSUPP, "destination is a multipath TCP socket") \
	X(sink_ulp, EOPNOTSUPP, "destination has a TCP upper layer other than TLS") \
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
	X(uring_polled, EOPNOTSUPP, "rings with IORING_SETUP_IOPOLL are not supported") \
	X(batch_wrong, EINVAL, "the batch has a wrong number or size of requests") \
	X(eventfd_bad_fd, EBADF, "eventfd is not open")			\
	X(eventfd_wrong, EINVAL, "the descriptor given is not an eventfd") \
	X(sink_append, EINVAL, "destination is open with O_APPEND") \
	X(elements_limit, EAGAIN, "live transfers have too many elements") \
	X(user_elements_limit, EDQUOT,					\
	  "this user's live transfers have too many elements")		\
	X(pinned_limit, EAGAIN, "live transfers could pin too much memory") \
	X(user_pinned_limit, EDQUOT,					\
	  "this user's live transfers could pin too much memory")	\
	X(limit_unknown, EINVAL, "no limit has that name")		\
	X(limit_zero, EINVAL, "a limit must be at least 1")			\
	X(setting_too_high, EINVAL, "this setting cannot be that high")		\
	X(limit_twice, EINVAL, "a limit was given twice")		\
	X(source_no_cache, EOPNOTSUPP, "source has no page cache to warm") \
	X(warm_conflict, EINVAL,					\
	  "ZCOPY_F_WARM allows no socket, memory, until, end, rate or other sending flag") \
	X(readahead_too_large, EINVAL, "read-ahead is more than 64 MiB") \
	X(limit_not_admin, EACCES,					\
	  "setting limits needs CAP_NET_ADMIN in the initial user namespace") \
	X(position_conflict, EINVAL,					\
	  "ZCOPY_F_POSITION needs exactly one file range and one socket")	\
	X(source_no_seek, ESPIPE, "source has no file position")		\
	X(netlink_not_opener, EACCES,					\
	  "only the program that opened the netlink socket may name descriptors") \
	X(namespaces_not_admin, EACCES,					\
	  "access to all namespaces needs CAP_NET_ADMIN in the initial user namespace") \
	X(sink_not_permitted, EACCES,					\
	  "a security module denies the submitter write access to the destination") \
	X(source_answers_reader, EOPNOTSUPP,				\
	  "the source depends on the task that reads it: use SEND, or submit 64 KiB by ioctl") \
	X(message_not_last, EINVAL,					\
	  "this message does much work and must be the last of its datagram") \
	X(source_tells_pid, EOPNOTSUPP,					\
	  "the file's FUSE server would be told another pid: use SEND, or ZCOPY_F_ANY_PID") \
	X(source_guarded, EOPNOTSUPP,					\
	  "the file's guard (fanotify) would be told another pid: use SEND, or ZCOPY_F_ANY_PID") \
	X(record_type, EINVAL,						\
	  "the content type of a control record must be 1 to 255, and not 23")	\
	X(record_length, EINVAL, "a control record must have 1 to 16384 bytes")	\
	X(record_conflict, EINVAL,						\
	  "a control record allows no other element, ZCOPY_F_MORE or ZCOPY_END_CORK") \
	X(record_without_tls, EOPNOTSUPP,					\
	  "a control record needs a socket with the kernel's TLS")

enum zc_reject_reason {
#define X(name, err, words) ZC_REJECT_##name,
	ZC_REJECTS(X)
#undef X
	ZC_REJECT_NR,
};

int zc_reject(enum zc_reject_reason why, struct netlink_ext_ack *extack);
const char *zc_reject_name(enum zc_reject_reason why);

#endif /* ZC_REJECT_H */
