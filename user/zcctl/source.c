// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the source of a "send": reads its options, opens the file and builds the list
 * of elements.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "units.h"

/* Most bytes read from a file; the kernel takes fewer, and says so in its refusal */
#define TEXT_LIMIT	(1U << 20)
/* Most bytes of memory elements that the kernel takes in a list */
#define HELD_LIMIT	(64U << 10)

/* "OFF:LEN", or "OFF:" for a range up to the end of the file */
static int parse_range(const char *text, uint64_t *off, uint64_t *len)
{
	const char *colon = strchr(text, ':');
	char buf[64];
	size_t n;

	if (!colon || (size_t)(colon - text) >= sizeof(buf))
		return -EINVAL;
	n = colon - text;
	memcpy(buf, text, n);
	buf[n] = '\0';
	if (units_parse_size(buf, off))
		return -EINVAL;
	*len = ZCOPY_LEN_EOF;
	return colon[1] ? units_parse_size(colon + 1, len) : 0;
}

static int parse_option(const struct zcctl *zc, const char *name, uint64_t *value)
{
	const char *text = args_get(&zc->args, name);

	if (!text)
		return 0;
	if (units_parse_size(text, value))
		return zcctl_misuse(zc, "send: --%s: \"%.40s\" is no size", name,
				    text);
	return 0;
}

int source_check(const struct zcctl *zc)
{
	const struct args *a = &zc->args;
	uint64_t off, len;
	size_t i;
	int err;

	err = parse_option(zc, "offset", &off);
	if (!err)
		err = parse_option(zc, "length", &len);
	if (err)
		return err;
	if (args_has(a, "range") &&
	    (args_has(a, "offset") || args_has(a, "length")))
		return zcctl_misuse(zc, "send: --range excludes --offset and --length");
	for (i = 0; i < a->nr_uses; i++) {
		if (strcmp(a->uses[i].opt->name, "range") == 0 &&
		    parse_range(a->uses[i].value, &off, &len))
			return zcctl_misuse(zc, "send: --range: \"%.60s\" is not OFF:LEN",
					    a->uses[i].value);
	}
	return 0;
}

/* Read a file of at most TEXT_LIMIT bytes; returns its length or a negative errno */
static ssize_t read_file(const char *path, char **data)
{
	char *buf = malloc(TEXT_LIMIT);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, got = 0;
	int err = 0;

	if (!buf || fd < 0)
		err = fd < 0 ? -errno : -ENOMEM;
	while (!err && got < (ssize_t)TEXT_LIMIT) {
		n = read(fd, buf + got, TEXT_LIMIT - got);
		if (n < 0 && errno != EINTR)
			err = -errno;
		if (!n)
			break;
		if (n > 0)
			got += n;
	}
	if (!err && n)
		err = -EFBIG;
	if (fd >= 0)
		close(fd);
	if (err) {
		free(buf);
		return err;
	}
	*data = buf;
	return got;
}

/* Append the text of --header or --trailer, if given */
static int add_text(const struct zcctl *zc, struct source *src, const char *name,
		    struct source_text *keep)
{
	const char *text = args_get(&zc->args, name);
	ssize_t len;
	int err;

	if (!text)
		return 0;
	if (text[0] == '@' && !keep->data) {
		len = read_file(text + 1, &keep->data);
		if (len < 0)
			return out_fail(zc, ZC_FAILED, len, len == -EFBIG ?
					"header and trailer have room for 64 KiB; send longer ones as files" :
					NULL, "cannot read %s %s: %s", name, text + 1,
					strerror(-len));
		keep->len = len;
	}
	len = keep->data ? keep->len : strlen(text);
	text = keep->data ? keep->data : text;
	err = zcopy_list_memory(src->list, text, len);
	if (err)
		return out_fail(zc, ZC_FAILED, err, NULL, "cannot take %s: %s", name,
				strerror(-err));
	return 0;
}

/* Read a range into memory, up to its end or the end of the file */
static int hold_range(struct source *src, uint64_t off, uint64_t len)
{
	char *start = src->held + src->nr_held;
	size_t got = 0, most = HELD_LIMIT - src->nr_held;
	ssize_t n = 1;
	char more;

	while (got < len && n) {
		char *to = got < most ? start + got : &more;
		size_t room = got < most ? most - got : 1;

		n = pread(src->fd, to, len - got < room ? len - got : room, off + got);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && got == most)
			return -EFBIG;
		if (n > 0)
			got += n;
	}
	src->nr_held += got;
	return got ? zcopy_list_memory(src->list, start, got) : 0;
}

static int add_range(const struct zcctl *zc, struct source *src, uint64_t off,
		     uint64_t len)
{
	int err;

	if (src->held)
		return hold_range(src, off, len);
	err = zcopy_list_file(src->list, src->fd, off, len);
	src->nr_ranges++;
	if (err == -EINVAL)
		return zcctl_misuse(zc, "send: offset and length add up to more than 2^63-1");
	if (err)
		return out_fail(zc, ZC_FAILED, err, NULL, "cannot take a range: %s",
				strerror(-err));
	return 0;
}

static int add_ranges(const struct zcctl *zc, struct source *src)
{
	uint64_t off = 0, len = ZCOPY_LEN_EOF;
	const struct args *a = &zc->args;
	size_t i;
	int err;

	if (!args_has(a, "range")) {
		parse_option(zc, "offset", &off);
		parse_option(zc, "length", &len);
		return add_range(zc, src, off, len);
	}
	for (i = 0; i < a->nr_uses; i++) {
		if (strcmp(a->uses[i].opt->name, "range") != 0)
			continue;
		parse_range(a->uses[i].value, &off, &len);
		err = add_range(zc, src, off, len);
		if (err)
			return err;
	}
	return 0;
}

/* Build the list: header, ranges, trailer */
static int build(const struct zcctl *zc, struct source *src)
{
	int err = add_text(zc, src, "header", &src->texts[0]);

	if (!err)
		err = add_ranges(zc, src);
	if (!err)
		err = add_text(zc, src, "trailer", &src->texts[1]);
	return err;
}

int source_open(const struct zcctl *zc, struct source *src, const char *path)
{
	memset(src, 0, sizeof(*src));
	src->path = path;
	if (strcmp(path, "-") == 0)
		src->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (src->fd < 0)
		return out_fail(zc, ZC_FAILED, errno, NULL, "cannot open %s: %s",
				path, strerror(errno));
	if (zcopy_list_new(&src->list))
		return out_fail(zc, ZC_FAILED, ENOMEM, NULL, "no memory");
	return build(zc, src);
}

int source_hold(const struct zcctl *zc, struct source *src)
{
	src->held = malloc(HELD_LIMIT);
	if (!src->held)
		return -ENOMEM;
	zcopy_list_reset(src->list);
	return build(zc, src);
}

void source_close(struct source *src)
{
	zcopy_list_free(src->list);
	free(src->held);
	free(src->texts[0].data);
	free(src->texts[1].data);
	if (src->fd >= 0)
		close(src->fd);
}
