// SPDX-License-Identifier: GPL-2.0
// Canary: compiles on no kernel; an undeclared function must be an error.
#include <linux/module.h>

int zc_probe(void);
int zc_probe(void)
{
	return zc_there_is_no_such_function();
}
