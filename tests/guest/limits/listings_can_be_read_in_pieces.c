// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/zcopy/transfers gives the same text however it is read: whole, byte by
 * byte, in odd pieces, again from its start, or by pread(2) at any offset.  While
 * transfers come and go, those that stay appear once, in whole lines.
 * guest: timeout=160
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "counters.h"
#include "crowd.h"
#include "fixture.h"

#define NR	700
#define MOST	(1 << 20)
#define PATH	"/proc/zcopy/transfers"

static char whole[MOST], other[MOST];
static atomic_bool stop;
static struct crowd c;

static size_t read_by(int fd, char *to, size_t piece)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, to + len, piece)) > 0)
		len += n;
	return n ? 0 : len;
}

/* Replaces the digits of the times, which change, with nines. */
static void no_times(char *s, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (s[i] != '\n' || s[i - 1] < '0' || s[i - 1] > '9')
			continue;
		for (size_t j = i; j-- && s[j] != ' ';)
			s[j] = '9';
	}
}

static bool same(size_t len, size_t got)
{
	no_times(other, got);
	if (len == got && !memcmp(whole, other, len))
		return true;
	note("%zu bytes, not %zu", got, len);
	return false;
}

static size_t pread_all(int fd, size_t piece, bool backwards, size_t len)
{
	size_t at = backwards ? len : 0;
	ssize_t n;

	memset(other, 0, len);
	while (backwards ? at : at < len) {
		if (backwards)
			at -= piece < at ? piece : at;
		n = pread(fd, other + at, piece, at);
		if (n <= 0)
			return 0;
		if (!backwards)
			at += n;
	}
	return pread(fd, whole + len, 16, len) ? 0 : len;
}

/* Makes a crowd that is old enough, and reads all of its listing. */
static size_t new_crowd(int fd, bool slow)
{
	size_t len;

	crowd_open(&c, true);
	crowd_add(&c, NR - 1);
	/* Four digits of milliseconds for nine seconds, five for ninety */
	sleep_ms(slow || guest_is_debug() ? 11000 : 1500);
	lseek(fd, 0, SEEK_SET);
	len = read_by(fd, whole, MOST);
	no_times(whole, len);
	return len;
}

static size_t from_start(int fd, size_t piece, size_t len)
{
	(void)len;
	lseek(fd, 0, SEEK_SET);
	return read_by(fd, other, piece);
}

static size_t after_a_part(int fd, size_t piece, size_t len)
{
	lseek(fd, 0, SEEK_SET);
	if (read(fd, other, 5001) <= 0)
		return 0;
	return from_start(fd, piece, len);
}

static size_t from_midst(int fd, size_t piece, size_t len)
{
	const size_t half = 3333;

	(void)len;
	lseek(fd, half, SEEK_SET);
	memcpy(other, whole, half);
	return half + read_by(fd, other + half, piece);
}

static size_t forwards(int fd, size_t piece, size_t len)
{
	return pread_all(fd, piece, false, len);
}

static size_t backwards(int fd, size_t piece, size_t len)
{
	return pread_all(fd, piece, true, len);
}

static const struct row {
	const char *name;
	size_t (*read)(int fd, size_t piece, size_t len);
	size_t piece;
} rows[] = {
	{ "again from its start", from_start, 1 },
	{ "again from its start", from_start, 7 },
	{ "again from its start", from_start, 100 },
	{ "again from its start", from_start, 4095 },
	{ "again from its start", from_start, 4096 },
	{ "again from its start", from_start, 65536 },
	{ "after a part of it", after_a_part, 4096 },
	{ "from its midst", from_midst, 999 },
	{ "by pread, forwards", forwards, 1009 },
	{ "by pread, backwards", backwards, 1009 },
};

/* Is the listing, read at once, still the same as when the crowd was new? */
static bool nothing_changed(int fd, size_t len)
{
	size_t now;

	lseek(fd, 0, SEEK_SET);
	now = read_by(fd, other, MOST);
	no_times(other, now);
	return now == len && !memcmp(whole, other, len);
}

/*
 * For a while all ages have the same number of digits.  In a guest that takes longer
 * all of the listing has another length in the end; or the peer of the first transfer
 * has taken some more bytes.  Then a new crowd is looked at.
 */
static size_t try_row(int fd, const struct row *r, size_t len)
{
	bool good = same(len, r->read(fd, r->piece, len));

	for (unsigned int i = 1; i < 5 && !good && !nothing_changed(fd, len); i++) {
		crowd_close(&c);
		if (!counters_rest())
			die("not all end");
		len = new_crowd(fd, true);
		good = same(len, r->read(fd, r->piece, len));
	}
	ktap_ok(good, "%s, %zu at a time", r->name, r->piece);
	return len;
}

static void nothing_changes(void)
{
	int fd = open(PATH, O_RDONLY);
	size_t len = new_crowd(fd, false);

	ktap_ok(len > NR * 20, "there are %zu bytes", len);
	ktap_eq(read(fd, other, 1), 0, "the end stays the end");
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		len = try_row(fd, &rows[i], len);
	close(fd);
}

static void *come_and_go(void *unused)
{
	struct crowd d;

	while (!stop) {
		crowd_open(&d, true);
		crowd_add(&d, 200);
		crowd_close(&d);
	}
	return unused;
}

static unsigned int times(const char *s, uint64_t id)
{
	unsigned int n = 0;
	char word[32];

	snprintf(word, sizeof(word), "\n%llu ", (unsigned long long)id);
	for (s = strstr(s, word); s; s = strstr(s + 1, word))
		n++;
	return n;
}

static unsigned int broken_lines(const char *s)
{
	unsigned long long v[6];
	unsigned int n = 0, uid;
	char state[16];
	int pid;

	for (s = strchr(s, '\n'); s && s[1]; s = strchr(s + 1, '\n')) {
		if (sscanf(s + 1, "%llu %u %d %15s %llu %llu %llu %llu %llu", &v[0],
			   &uid, &pid, state, &v[1], &v[2], &v[3], &v[4], &v[5]) != 9)
			n++;
	}
	return n;
}

static void others_come_and_go(size_t piece)
{
	unsigned int i, wrong = 0, broken = 0, rounds;
	pthread_t thread;
	size_t len;
	int fd;

	stop = false;
	pthread_create(&thread, NULL, come_and_go, NULL);
	for (rounds = 0; rounds < 5; rounds++) {
		fd = open(PATH, O_RDONLY);
		len = read_by(fd, other, piece);
		other[len] = 0;
		for (i = 0; i < NR; i++)
			wrong += times(other, c.ids[i]) != 1;
		broken += broken_lines(other);
		close(fd);
	}
	stop = true;
	pthread_join(thread, NULL);
	ktap_eq(wrong, 0, "others come and go, %zu at a time: who stays is there once",
		piece);
	ktap_eq(broken, 0, "in whole lines");
}

int main(void)
{
	crowd_limits();
	nothing_changes();
	others_come_and_go(61);
	others_come_and_go(4096);
	crowd_close(&c);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}
