// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the table of network devices in the report of the verb bench: driver, MTU and the
 * offloads that decide who copies.
 */
#include "bench_nics.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *has(int sock, struct ifreq *r, unsigned int what)
{
	struct ethtool_value v = { .cmd = what };

	r->ifr_data = (char *)&v;
	return ioctl(sock, SIOCETHTOOL, r) ? "unknown" : v.data ? "on" : "off";
}

static const char *driver(int sock, struct ifreq *r, struct ethtool_drvinfo *d)
{
	memset(d, 0, sizeof(*d));
	d->cmd = ETHTOOL_GDRVINFO;
	r->ifr_data = (char *)d;
	return ioctl(sock, SIOCETHTOOL, r) || !d->driver[0] ? "none" : d->driver;
}

static void device(FILE *f, int sock, const char *name)
{
	struct ethtool_drvinfo d;
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(sock, SIOCGIFFLAGS, &r) || !(r.ifr_flags & IFF_UP))
		return;
	if (ioctl(sock, SIOCGIFMTU, &r))
		return;

	fprintf(f, "<tr><td>%s<td>%d", strpbrk(name, "<&>") ? "(odd name)" : name,
		r.ifr_mtu);
	fprintf(f, "<td>%s", driver(sock, &r, &d));
	fprintf(f, "<td>%s", has(sock, &r, ETHTOOL_GSG));
	fprintf(f, "<td>%s\n", has(sock, &r, ETHTOOL_GTSO));
}

void bench_nics(FILE *f)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *all = if_nameindex(), *i;

	fputs("<table>\n<tr><th>device<th>MTU<th>driver<th>scatter/gather"
	      "<th>TCP segmentation\n", f);
	for (i = all; i && sock >= 0 && i->if_name; i++)
		device(f, sock, i->if_name);
	fputs("</table>\n", f);
	if_freenameindex(all);
	if (sock >= 0)
		close(sock);
}
