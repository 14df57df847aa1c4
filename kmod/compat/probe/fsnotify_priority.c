// SPDX-License-Identifier: GPL-2.0
// A file system knows whether programs guard its files: 6.10; not in 6.1, in 6.12, 7.2.
#include <linux/fsnotify.h>

bool zc_probe(struct super_block *sb);
bool zc_probe(struct super_block *sb)
{
	return fsnotify_sb_has_priority_watchers(sb, FSNOTIFY_PRIO_CONTENT);
}
