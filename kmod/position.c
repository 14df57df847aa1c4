// SPDX-License-Identifier: GPL-2.0
/*
 * An offset that a transfer begins at and moves past what was sent before its
 * caller goes on, so before his signal handlers run, as sendfile(2) does it: in
 * the caller's memory, or the file's own.  Knows nothing of transfers.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "position.h"
#include "reject.h"

/**
 * zc_position_get - find out where to begin
 * @p: empty; filled in
 * @file: the file; REF: @p gets one of its own if that is needed
 * @at: address of the caller's offset; 0: the file's own is meant
 *
 * Nothing is sent for a caller whose offset could not be moved.
 *
 * Context: Process context of the submitter, with his memory.
 * Return: 0, or the errno of a refusal.
 */
int zc_position_get(struct zc_position *p, struct file *file, u64 at)
{
	s64 __user *user = u64_to_user_ptr(at);
	s64 from;

	if (!(file->f_mode & (at ? FMODE_PREAD : FMODE_LSEEK)))
		return zc_reject(ZC_REJECT_source_no_seek, NULL);
	if (!at) {
		p->from = file->f_pos;
		p->file = get_file(file);
		return 0;
	}
	if (get_user(from, user) || put_user(from, user))
		return zc_reject(ZC_REJECT_bad_pointer, NULL);
	p->from = from;
	p->at = user;
	return 0;
}

/**
 * zc_position_move - tell how far it went
 * @p: as zc_position_get() filled it in, or empty
 * @bytes: sent
 *
 * RACE: two calls with the file's own position overwrite each other's, and
 * lseek(2)'s, as those of sendfile(2) do: it takes no lock either.
 *
 * Context: Process context of the submitter, with his memory.
 */
void zc_position_move(const struct zc_position *p, u64 bytes)
{
	if (p->file && bytes)
		p->file->f_pos = p->from + bytes;
	if (p->at)
		/* Written to before: who takes it away meanwhile is not told. */
		put_user(p->from + bytes, p->at);
}

/**
 * zc_position_put - let go of the file
 * @p: empty afterwards
 *
 * Context: Process context, may sleep.
 */
void zc_position_put(struct zc_position *p)
{
	if (p->file)
		fput(p->file);
	*p = (struct zc_position) { };
}
