// SPDX-License-Identifier: GPL-2.0
/*
 * Which file systems ask nothing but a local disk, for their bytes and at the
 * last close.  All others may have a server to ask, which may never answer.  The
 * list is explicit: a file system that is not known is not local.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/magic.h>

#include "src.h"

/* Those that have no name in linux/magic.h */
#define ZC_MAGIC_EXFAT	0x2011BAB0
#define ZC_MAGIC_NTFS3	0x7366746e
#define ZC_MAGIC_UDF	0x15013346
#define ZC_MAGIC_UBIFS	0x24051905

/**
 * zc_file_is_local - do reading and closing a file wait for local disks only?
 * @file: an open regular file
 *
 * Of overlayfs the file below counts.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: whether so; false also where it is not known.
 */
bool zc_file_is_local(struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		inode = d_real_inode(file->f_path.dentry);
	if (!inode)
		return false;
	switch (inode->i_sb->s_magic) {
	case EXT4_SUPER_MAGIC:		/* ext2, ext3 too */
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case HUGETLBFS_MAGIC:
	case SQUASHFS_MAGIC:
	case ISOFS_SUPER_MAGIC:
	case JFFS2_SUPER_MAGIC:
	case MSDOS_SUPER_MAGIC:
	case ZC_MAGIC_EXFAT:
	case ZC_MAGIC_NTFS3:
	case ZC_MAGIC_UDF:
	case ZC_MAGIC_UBIFS:
		return true;
	case EROFS_SUPER_MAGIC_V1:
		/* Its image may be a file, of any file system, instead of a disk. */
		return inode->i_sb->s_bdev;
	}
	return false;
}
