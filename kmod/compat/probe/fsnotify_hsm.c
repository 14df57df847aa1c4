// SPDX-License-Identifier: GPL-2.0
// Programs may fill a file before it is used (FAN_PRE_ACCESS): 6.14; in 6.1.192, 6.12.117, 7.2.12.
#include <linux/fs.h>

bool zc_probe(struct file *file);
bool zc_probe(struct file *file)
{
	return FMODE_FSNOTIFY_HSM(file->f_mode);
}
