// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HTTP/2: nghttp2 reads requests, keeps the windows, and says which frame is next.  What it
 * gives to send goes into the list.  For DATA frames that is the head only; the body is
 * named as a range of a file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "h2_server.h"

/* callbacks are told more than they need */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* A request, and what is left of its answer */
struct stream {
	char		path[1024];
	char		method[8];
	int		file;		/* -1 if there is none */
	off_t		at, end;
	bool		closed;
	struct stream	*next;		/* of the connection */
};

static int begin(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct conn *c = arg;

	if (!s)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	s->file = -1;
	s->next = c->streams;
	c->streams = s;
	return nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id, s);
}

static int header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		  size_t name_len, const uint8_t *value, size_t len, uint8_t flags, void *arg)
{
	struct stream *s = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);

	if (s && name_len == 5 && !memcmp(name, ":path", 5))
		snprintf(s->path, sizeof(s->path), "%.*s", (int)len, value);
	else if (s && name_len == 7 && !memcmp(name, ":method", 7))
		snprintf(s->method, sizeof(s->method), "%.*s", (int)len, value);
	return 0;
}

/* How much of the file the next DATA frame has; nghttp2 asked for at most @len */
static ssize_t next_body(nghttp2_session *h2, int32_t id, uint8_t *buf, size_t len,
			 uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct stream *s = source->ptr;

	if (list_full())
		return NGHTTP2_ERR_PAUSE;
	*flags = NGHTTP2_DATA_FLAG_NO_COPY;
	if (s->end - s->at <= (off_t)len) {
		len = s->end - s->at;
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	}
	return len;
}

static int answer(nghttp2_session *h2, int32_t id, struct stream *s)
{
	nghttp2_data_provider body = { .source.ptr = s, .read_callback = next_body };
	struct stat st = { 0 };
	char length[24];
	nghttp2_nv nv[] = {
		{ (uint8_t *)":status", (uint8_t *)"404", 7, 3, 0 },
		{ (uint8_t *)"content-length", (uint8_t *)length, 14, 0, 0 },
	};

	/* files of this directory, and of no other */
	if (s->path[0] == '/' && !strchr(s->path + 1, '/'))
		s->file = open(s->path + 1, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (strcmp(s->method, "GET"))
		nv[0].value = (uint8_t *)"405";
	else if (s->file >= 0 && !fstat(s->file, &st) && S_ISREG(st.st_mode))
		nv[0].value = (uint8_t *)"200", s->end = st.st_size;
	nv[1].valuelen = sprintf(length, "%lld", (long long)s->end);
	return nghttp2_submit_response(h2, id, nv, 2, s->end ? &body : NULL);
}

static int received(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct stream *s = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);

	if (!s || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	return answer(h2, frame->hd.stream_id, s);
}

static int stream_closed(nghttp2_session *h2, int32_t id, uint32_t code, void *arg)
{
	struct stream *s = nghttp2_session_get_stream_user_data(h2, id);

	if (s)
		s->closed = true;
	return 0;
}

/* Frames other than DATA */
static ssize_t send_frames(nghttp2_session *h2, const uint8_t *data, size_t len, int flags,
			   void *arg)
{
	size_t taken = list_memory(arg, data, len);

	return taken ? (ssize_t)taken : NGHTTP2_ERR_WOULDBLOCK;
}

static int send_data(nghttp2_session *h2, nghttp2_frame *frame, const uint8_t *head,
		     size_t len, nghttp2_data_source *source, void *arg)
{
	struct stream *s = source->ptr;

	if (list_memory(arg, head, 9) != 9 || list_file(arg, s->file, s->at, len))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	s->at += len;
	return 0;
}

/* nghttp2 takes the windows and the peer's longest frame into account afterwards */
static ssize_t body_length(nghttp2_session *h2, uint8_t type, int32_t id, int32_t window,
			   int32_t stream_window, uint32_t most, void *arg)
{
	return list_next_body();
}

nghttp2_session *session_new(struct conn *c)
{
	const nghttp2_settings_entry streams = {
		NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100
	};
	nghttp2_session_callbacks *cb;
	nghttp2_session *h2;

	if (nghttp2_session_callbacks_new(&cb))
		return NULL;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, begin);
	nghttp2_session_callbacks_set_on_header_callback(cb, header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, received);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, stream_closed);
	nghttp2_session_callbacks_set_send_callback(cb, send_frames);
	nghttp2_session_callbacks_set_send_data_callback(cb, send_data);
	nghttp2_session_callbacks_set_data_source_read_length_callback(cb, body_length);
	if (nghttp2_session_server_new(&h2, cb, c) ||
	    nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, &streams, 1))
		h2 = NULL;
	nghttp2_session_callbacks_del(cb);
	return h2;
}

/* Frees streams that are closed, or all */
static void free_streams(struct conn *c, bool all)
{
	struct stream **at = &c->streams, *s;

	while ((s = *at)) {
		if (!s->closed && !all) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		if (s->file >= 0)
			close(s->file);
		free(s);
	}
}

/* Sends the frames that are due, as one list */
int session_send(struct conn *c)
{
	int e = nghttp2_session_send(c->h2);

	if (list_send(c, !e))
		e = -1;
	/* the list is submitted, so it does not need their descriptors any more */
	free_streams(c, false);
	return e;
}

void session_end(struct conn *c)
{
	nghttp2_session_del(c->h2);
	free_streams(c, true);
}
