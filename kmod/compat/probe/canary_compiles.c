// SPDX-License-Identifier: GPL-2.0
// Canary: compiles on every kernel, with the headers that the other probes need.
#include <linux/module.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <net/genetlink.h>
#include <net/tcp.h>

struct address_space *zc_probe(struct file *file);
struct address_space *zc_probe(struct file *file)
{
	return file->f_mapping;
}
