// SPDX-License-Identifier: GPL-2.0
// struct fd is one word with the flags in it: 6.12; not in Debian's 6.1, in 6.12, 7.2.
#include <linux/file.h>

bool zc_probe(struct fd f);
bool zc_probe(struct fd f)
{
	return f.word & FDPUT_FPUT && fd_file(f);
}
