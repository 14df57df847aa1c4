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
 * zc_genl_one_user - do the opener of the socket and the sender have the same user?
 * @skb: the message
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if their effective uids are equal.
 */
bool zc_genl_one_user(const struct sk_buff *skb)
{
	const struct file *file = zc_genl_file(skb);

	return file && uid_eq(file->f_cred->euid, current_euid());
}

/**
 * zc_genl_own - does a transfer belong to the sender's user?
 * @skb: the message
 * @x: the transfer
 *
 * Context: Process context of the sender or of a reader.
 * Return: true if it does, and the opener has the same user.
 */
bool zc_genl_own(const struct sk_buff *skb, const struct zc_xfer *x)
{
	return uid_eq(x->cred->euid, current_euid()) && zc_genl_one_user(skb);
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
