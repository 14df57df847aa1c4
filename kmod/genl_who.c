// SPDX-License-Identifier: GPL-2.0
/*
 * Who may ask what through generic netlink: the opener of the socket and the
 * sender of the message are both asked, always.  The argument, and what each of
 * them gets to know, is in SECURITY.md.  Takes no lock.
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
 * RACE: a message is looked at in sendmsg(2), a dump goes on in recvmsg(2), both
 * of that very socket, whose file is held meanwhile.  A socket of the kernel's
 * own has none.
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
 * SECURITY: every exec, fork and change of rights makes a new object of
 * credentials, threads share theirs, and the file holds that of its opener: the
 * same object means the same process, which has run no other program and changed
 * no right since.  The real ones are compared, too, because a ring of io_uring may
 * lend its owner's to another process.
 *
 * Context: Process context of the sender.
 * Return: whether it is.
 */
bool zc_genl_from_opener(const struct sk_buff *skb)
{
	const struct file *file = zc_genl_file(skb);

	return file && file->f_cred == current_cred() &&
	       file->f_cred == current_real_cred();
}

/**
 * zc_genl_one_user - are the opener of the socket and the sender of one user?
 * @skb: the message
 *
 * Context: Process context of the sender or of a reader.
 * Return: whether they are.
 */
bool zc_genl_one_user(const struct sk_buff *skb)
{
	const struct file *file = zc_genl_file(skb);

	return file && uid_eq(file->f_cred->euid, current_euid());
}

/**
 * zc_genl_own - is a transfer the sender's own?
 * @skb: the message
 * @x: the transfer
 *
 * Context: Process context of the sender or of a reader.
 * Return: whether it is, and the opener's.
 */
bool zc_genl_own(const struct sk_buff *skb, const struct zc_xfer *x)
{
	return uid_eq(x->cred->euid, current_euid()) && zc_genl_one_user(skb);
}

/**
 * zc_genl_admin - does the sender administrate the network of a user namespace?
 * @skb: the message
 * @user_ns: the user namespace
 *
 * SECURITY: unlike netlink_ns_capable(), this asks the opener also where the
 * sender gave an address: a program that relays what it is told, to where it is
 * told, gives one.
 *
 * Context: Process context of the sender or of a reader.
 * Return: whether both the opener and the sender do.
 */
bool zc_genl_admin(const struct sk_buff *skb, struct user_namespace *user_ns)
{
	const struct file *file = zc_genl_file(skb);

	return file && file_ns_capable(file, user_ns, CAP_NET_ADMIN) &&
	       ns_capable(user_ns, CAP_NET_ADMIN);
}

/**
 * zc_genl_within - is a user namespace another, or inside it?
 * @user_ns: the one
 * @outer: the other
 *
 * Context: Any.
 * Return: whether it is; then the administrator of @outer is that of @user_ns.
 */
bool zc_genl_within(const struct user_namespace *user_ns,
		    const struct user_namespace *outer)
{
	while (user_ns->level > outer->level)
		user_ns = user_ns->parent;
	return user_ns == outer;
}
