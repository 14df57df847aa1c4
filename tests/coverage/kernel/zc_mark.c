// SPDX-License-Identifier: GPL-2.0
/*
 * Holds which calls of the hook have run, also while zcopy is not loaded.
 * /proc/zc_marks lists their numbers: each as its distance to the one before it, in
 * hexadecimal.  A write clears all.  The parameter mutant selects a defect (see
 * tests/mutants).
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "mark.h"

u8 zc_marks[ZC_MARKS];
EXPORT_SYMBOL_GPL(zc_marks);

int zc_mutant;
EXPORT_SYMBOL_GPL(zc_mutant);
module_param_named(mutant, zc_mutant, int, 0644);
MODULE_PARM_DESC(mutant, "number of the defect that is active; 0: none");

static int zc_marks_show(struct seq_file *m, void *v)
{
	size_t i, before = 0;

	for (i = 0; i < ZC_MARKS; i++) {
		if (!READ_ONCE(zc_marks[i]))
			continue;
		seq_printf(m, "%zx ", i - before);
		before = i;
	}
	seq_putc(m, '\n');
	return 0;
}

static int zc_marks_open(struct inode *inode, struct file *file)
{
	return single_open(file, zc_marks_show, NULL);
}

static ssize_t zc_marks_write(struct file *file, const char __user *buf, size_t len,
			      loff_t *pos)
{
	memset(zc_marks, 0, sizeof(zc_marks));
	return len;
}

static const struct proc_ops zc_marks_ops = {
	.proc_open	= zc_marks_open,
	.proc_read	= seq_read,
	.proc_write	= zc_marks_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init zc_mark_init(void)
{
	return proc_create("zc_marks", 0600, NULL, &zc_marks_ops) ? 0 : -ENOMEM;
}

static void __exit zc_mark_exit(void)
{
	remove_proc_entry("zc_marks", NULL);
}

module_init(zc_mark_init);
module_exit(zc_mark_exit);
MODULE_DESCRIPTION("Marks of the code that tests of zcopy run");
MODULE_LICENSE("GPL");
