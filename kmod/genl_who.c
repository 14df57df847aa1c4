// SPDX-License-Identifier: GPL-2.0
/*
 * Access checks of generic netlink: both the opener of the socket and the sender of
 * the message must have the right, always.  SECURITY.md has the reasons, and what
 * each of them gets to know.  Takes no lock.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/user_namespace.h>
#include <net/sock.h>

#include "genl.h"
#include "xfer.h"

/*
 * RACE: messages are handled within sendmsg(2), and dumps continue within recvmsg(2),
 * on this very socket, so its file is held meanwhile.  A socket of the kernel's own
 * has no file.
 */
static const struct file *zc_genl_file(const struct sk_buff *skb)
{
	const struct socket *sock = NETLINK_CB(skb).sk->sk_socket;

	return sock ? sock->file : NULL;
}

/**
 * zc_genl_from_opener - is the sender the program that opened the socket?
 * @skb: the message
 *
 * SECURITY: every exec, fork and change of rights makes a new struct cred; threads
 * share theirs, and the file holds its opener's.  So the same struct cred means the
 * same process, which has executed no other program and changed no right since.  The
 * real credentials are compared too, because an io_uring ring may lend its owner's
 * credentials to another process.
 *
 * Context: Process context of the sender.
 * Return: true if it is.
 */
bool zc_genl_from_opener(const struct sk_buff *skb)
{
	const struct file *file = zc_genl_file(skb);

	return file && file->f_cred == current_cred() &&
	       file->f_cred == current_real_cred();
}

/**
 * zc_genl_same_user - may a viewer treat what a subject does as its own?
 * @viewer: credentials of the viewer
 * @subject: credentials of the subject
 *
 * SECURITY: a process in a child user namespace is a sandbox.  It has no rights over
 * its user's processes outside, as with ptrace(2).
 *
 * Context: Any.
 * Return: true if both have the same effective uid, and the subject is in the viewer's
 * user namespace or inside it.
 */
bool zc_genl_same_user(const struct cred *viewer, const struct cred *subject)
{
	return uid_eq(viewer->euid, subject->euid) &&
	       zc_genl_within(subject->user_ns, viewer->user_ns);
}

/**
 * zc_genl_one_user - may the opener of the socket get to know what the sender may?
 * @skb: the message
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if the opener has the sender's user.
 */
bool zc_genl_one_user(const struct sk_buff *skb)
{
	const struct file *file = zc_genl_file(skb);

	return file && zc_genl_same_user(file->f_cred, current_cred());
}

/**
 * zc_genl_own - does a transfer belong to the sender's user?
 * @skb: the message
 * @x: the transfer
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if it belongs to the user of both the sender and the opener.
 */
bool zc_genl_own(const struct sk_buff *skb, const struct zc_xfer *x)
{
	const struct file *file = zc_genl_file(skb);

	return file && zc_genl_same_user(current_cred(), x->cred) &&
	       zc_genl_same_user(file->f_cred, x->cred);
}

/* As ptrace(2): are a subject's capabilities a subset of a viewer's? */
static bool zc_genl_covers(const struct cred *viewer, const struct cred *subject)
{
	return viewer->user_ns == subject->user_ns &&
	       cap_issubset(subject->cap_permitted, viewer->cap_permitted);
}

/**
 * zc_genl_sees_files - may the sender see the paths of a transfer's files?
 * @skb: the message
 * @x: the transfer
 *
 * SECURITY: a program with file capabilities reads files that its user cannot name.
 * As with /proc/PID/fd, the user must have the program's capabilities, or
 * CAP_SYS_PTRACE in its user namespace.
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if the transfer is the sender's own, and both the opener and the sender
 * have those rights.
 */
bool zc_genl_sees_files(const struct sk_buff *skb, const struct zc_xfer *x)
{
	const struct file *file = zc_genl_file(skb);
	struct user_namespace *ns = x->cred->user_ns;

	if (!zc_genl_own(skb, x))
		return false;
	return (zc_genl_covers(current_cred(), x->cred) ||
		ns_capable(ns, CAP_SYS_PTRACE)) &&
	       (zc_genl_covers(file->f_cred, x->cred) ||
		file_ns_capable(file, ns, CAP_SYS_PTRACE));
}

/**
 * zc_genl_admin - has the sender CAP_NET_ADMIN in a user namespace?
 * @skb: the message
 * @user_ns: the user namespace
 *
 * SECURITY: unlike netlink_ns_capable(), this checks the opener even if the sender
 * gave a destination address.  A privileged program that relays messages for an
 * unprivileged opener may give an address.
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if both the opener and the sender have it.
 */
bool zc_genl_admin(const struct sk_buff *skb, struct user_namespace *user_ns)
{
	const struct file *file = zc_genl_file(skb);

	return file && file_ns_capable(file, user_ns, CAP_NET_ADMIN) &&
	       ns_capable(user_ns, CAP_NET_ADMIN);
}

/**
 * zc_genl_pid - the submitter's process as the caller sees it
 * @x: the transfer
 *
 * RACE: if that process has ended, its number may belong to another one by now.
 *
 * Context: Process context of a reader.
 * Return: its number in the caller's pid namespace; 0 if it has none there.
 */
pid_t zc_genl_pid(const struct zc_xfer *x)
{
	pid_t nr;

	if (task_active_pid_ns(current) == &init_pid_ns)
		return x->host_pid;
	rcu_read_lock();
	nr = pid_vnr(find_pid_ns(x->host_pid, &init_pid_ns));
	rcu_read_unlock();
	return nr;
}

/**
 * zc_genl_within - is a user namespace the same as another, or inside it?
 * @user_ns: the inner one
 * @outer: the outer one
 *
 * Context: Any.
 * Return: true if it is; then the administrator of @outer also has rights over
 * @user_ns.
 */
bool zc_genl_within(const struct user_namespace *user_ns,
		    const struct user_namespace *outer)
{
	while (user_ns->level > outer->level)
		user_ns = user_ns->parent;
	return user_ns == outer;
}
