// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_F_POSITION: the offset that a transfer begins at, in the caller's memory or
 * the file's own.  As with sendfile(2), it has moved past the bytes sent when the call
 * returns, before signal handlers run.  Knows nothing of transfers.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "position.h"
#include "reject.h"

/**
 * zc_position_get - read the offset to begin at
 * @p: empty; filled in
 * @file: the file; REF: @p takes its own if the file's own offset is used
 * @at: address of the caller's offset; 0: the file's own
 *
 * Also tests that the offset can be written, so that nothing is sent if it cannot.
 *
 * Context: Process context of the submitter, with its memory.
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
 * zc_position_move - move the offset past the bytes sent
 * @p: as zc_position_get() filled it in, or empty
 * @bytes: sent
 *
 * RACE: no lock is taken, as in sendfile(2): concurrent calls and lseek(2) may
 * overwrite each other's file position.
 *
 * Context: Process context of the submitter, with its memory.
 */
void zc_position_move(const struct zc_position *p, u64 bytes)
{
	if (p->file && bytes)
		p->file->f_pos = p->from + bytes;
	if (p->at)
		/* Tested before; if the caller unmapped it since, ignore the fault. */
		put_user(p->from + bytes, p->at);
}

/**
 * zc_position_put - drop the file
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
