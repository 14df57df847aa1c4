// SPDX-License-Identifier: GPL-2.0
/*
 * The result reports how bytes left: by reference over loopback and over a veth
 * with scatter/gather, copied over a veth without it, copied for TLS where the
 * kernel encrypts, and for a mixed list each part for its own reason.  Many short pieces
 * are copied for being short, except where TLS copies them anyway.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "tls.h"
#include "transfer.h"

#define LEN (256 * KIB + 4099)
#define SHORT 200ULL
#define OFF 4095ULL

static const char *const door_names[] = {
	"send", "submit+wait", "submit+read", "netlink",
};

static int file;

static void part_is_counted(const char *name, const struct pair *p,
			    enum door_kind kind, uint64_t len, int why)
{
	struct zcopy_elem e[CRUMBS] = { elem_file(file, OFF, len) };
	struct request q = { .elems = e, .nr = 1 };
	struct stream want = {0};
	struct zcopy_result res;
	bool right;

	if (len == SHORT)
		q.nr = elem_crumbs(e, file, OFF, len);
	stream_pattern(&want, 31, OFF, len);
	right = transfer(p, kind, &q, &want, &res) &&
		res.status == ZCOPY_STATUS_DONE &&
		(why < 0 ? res.bytes_by_ref : result_copied(&res, why)) == len;
	if (!ktap_ok(right, "%s, by %s: %llu bytes", name, door_names[kind],
		     (unsigned long long)len))
		result_note(&res);
	stream_free(&want);
}

/* Compares the results of a long and a short transfer with the expected ones. */
static void is_counted(const char *name, const struct pair *p,
		       enum door_kind kind, int why)
{
	part_is_counted(name, p, kind, LEN, why);
	part_is_counted(name, p, kind, SHORT,
			why == ZCOPY_COPY_TLS ? why : ZCOPY_COPY_SMALL);
}

static void over_loopback(void)
{
	struct pair p = pair_loopback(AF_INET);

	for (enum door_kind kind = DOOR_SEND; kind <= DOOR_NETLINK; kind++)
		is_counted("loopback: by reference", &p, kind, -1);
	pair_close(&p);
}

/* Both address families use the device in each of its states: changing it is slow. */
static void over_veth(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct pair p[2];
	struct veth v;

	if (!veth_up(&v)) {
		ktap_skip("this kernel has no veth");
		return;
	}
	veth_near("sg on tso on gso on");
	for (int i = 0; i < 2; i++) {
		p[i] = pair_veth(&v, families[i]);
		is_counted("veth: by reference", &p[i], DOOR_SEND, -1);
		is_counted("veth: by reference", &p[i], DOOR_NETLINK, -1);
	}
	if (veth_near("sg off tso off gso off"))
		die("ethtool -K " VETH_NEAR " sg off");
	for (int i = 0; i < 2; i++) {
		is_counted("veth without scatter/gather: copied", &p[i], DOOR_SEND,
			   ZCOPY_COPY_NO_SG);
		is_counted("veth without scatter/gather: copied", &p[i], DOOR_WAIT,
			   ZCOPY_COPY_NO_SG);
		pair_close(&p[i]);
		p[i] = pair_veth(&v, families[i]);
		is_counted("veth without scatter/gather, new connection: copied",
			   &p[i], DOOR_READ, ZCOPY_COPY_NO_SG);
	}
	veth_near("sg on tso on gso on");
	for (int i = 0; i < 2; i++) {
		is_counted("veth with scatter/gather again: by reference", &p[i],
			   DOOR_READ, -1);
		pair_close(&p[i]);
	}
	veth_down(&v);
}

static void over_tls(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct pair p6 = pair_loopback(AF_INET6);

	if (!pair_tls(&p) || !pair_tls(&p6)) {
		ktap_skip("this kernel has no TLS with AES-GCM-128");
	} else {
		for (enum door_kind kind = DOOR_SEND; kind <= DOOR_NETLINK; kind++) {
			is_counted("TLS: copied", &p, kind, ZCOPY_COPY_TLS);
			is_counted("TLS, IPv6: copied", &p6, kind, ZCOPY_COPY_TLS);
		}
	}
	pair_close(&p);
	pair_close(&p6);
}

/* Memory, a cached file, a file of /proc and one open for O_DIRECT. */
static void mixed(void)
{
	static char memory[5000], text[4096];
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem elems[5];
	struct request q = { .elems = elems, .nr = 5 };
	struct stream want = {0};
	struct zcopy_result res;
	int proc = open("/proc/version", O_RDONLY | O_CLOEXEC), direct;
	ssize_t text_len = pread(proc, text, sizeof(text), 0);
	char path[128];
	bool right;

	if (!fs_mount(FS_EXT4)) {
		ktap_skip("a mixed list: %s", fs_why());
		return;
	}
	snprintf(path, sizeof(path), "%s/direct", fs_mount(FS_EXT4));
	direct = file_make(path, O_DIRECT, 32, 40 * KIB);
	pattern_fill(memory, 33, 0, sizeof(memory));
	elems[0] = elem_memory(memory, 5000);
	elems[1] = elem_file(file, 3, 70000);
	elems[2] = elem_file(proc, 0, text_len);
	elems[3] = elem_file(direct, 513, 30001);
	elems[4] = elem_memory(memory, 9);
	stream_bytes(&want, memory, 5000);
	stream_pattern(&want, 31, 3, 70000);
	stream_bytes(&want, text, text_len);
	stream_pattern(&want, 32, 513, 30001);
	stream_bytes(&want, memory, 9);
	right = transfer(&p, DOOR_WAIT, &q, &want, &res) &&
		res.status == ZCOPY_STATUS_DONE && res.bytes_by_ref == 70000 &&
		res.copied[ZCOPY_COPY_MEMORY] == 5009 &&
		res.copied[ZCOPY_COPY_NO_CACHE] == (uint64_t)text_len &&
		res.copied[ZCOPY_COPY_DIRECT] == 30001;
	if (!ktap_ok(right, "a mixed list: each part for its own reason"))
		result_note(&res);
	close(direct);
	close(proc);
	pair_close(&p);
	stream_free(&want);
}

int main(void)
{
	file = file_make("counted", 0, 31, OFF + LEN + 10);
	over_loopback();
	over_veth();
	over_tls();
	mixed();
	return ktap_done();
}
