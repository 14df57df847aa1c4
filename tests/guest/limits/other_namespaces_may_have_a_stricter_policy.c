// SPDX-License-Identifier: GPL-2.0
/*
 * Callers in another user namespace may have a stricter policy for references, and never a
 * looser one; callers in the initial one are not affected.  Under "own", the root of a
 * namespace has no right on a file whose owner its namespace does not map.
 *
 * needs: zcopy
 */
#include <fcntl.h>
#include <linux/zcopy_netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"
#include "quota.h"
#include "transfer.h"
#include "users.h"

#define LEN	(20 * KIB)
#define SEED	3
#define USER	1000
#define MAP	"0 1000 1"

enum found { REFERENCES, COPIES, WRONG };

static const char *const policies[] = { "all", "own", "never" };

/* In a process of its own: how a file was sent */
static int look(void *arg)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e = elem_file(*(int *)arg, 0, LEN);
	struct request q = { .elems = &e, .nr = 1 };
	struct stream want = { 0 };
	struct zcopy_result res;

	stream_pattern(&want, SEED, 0, LEN);
	if (!transfer(&p, DOOR_SEND, &q, &want, &res) || res.status)
		return WRONG;
	if (res.copied_policy == LEN)
		return COPIES;
	return res.bytes_by_ref == LEN ? REFERENCES : WRONG;
}

static int make(const char *name, uid_t uid)
{
	close(file_make(name, 0, SEED, LEN));
	if (chown(name, uid, uid) || chmod(name, 0644))
		die("%s", name);
	return open(name, O_RDONLY | O_CLOEXEC);
}

int main(void)
{
	int own, others;

	users_allow();
	own = make("/tmp/own", USER);
	others = make("/tmp/others", 0);
	for (int all = 0; all < 3; all++) {
		for (int userns = 0; userns < 3; userns++) {
			int inside = all > userns ? all : userns;

			if (quota_set("references", all, "references_userns", userns))
				die("the settings");
			ktap_eq(quota_as(USER, USER, NULL, -1, look, &own),
				all == ZCOPY_REFERENCES_NEVER ? COPIES : REFERENCES,
				"%s, %s: the user's file, from outside", policies[all],
				policies[userns]);
			ktap_eq(quota_as(USER, USER, NULL, -1, look, &others),
				all ? COPIES : REFERENCES,
				"%s, %s: another's, from outside", policies[all],
				policies[userns]);
			ktap_eq(quota_as(USER, USER, MAP, 0, look, &own),
				inside == ZCOPY_REFERENCES_NEVER ? COPIES : REFERENCES,
				"%s, %s: its root's file, from the namespace",
				policies[all], policies[userns]);
			ktap_eq(quota_as(USER, USER, MAP, 0, look, &others),
				inside ? COPIES : REFERENCES,
				"%s, %s: another's, from the namespace", policies[all],
				policies[userns]);
		}
	}
	return ktap_done();
}
