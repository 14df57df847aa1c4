// SPDX-License-Identifier: GPL-2.0
/* What each basic block of the instrumented module calls first */
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/instruction_pointer.h>

#include "mark.h"
#include "sections.h"

void __sanitizer_cov_trace_pc(void);

/* __ref: of .init.text and .exit.text only the addresses are used. */
void __ref __sanitizer_cov_trace_pc(void)
{
	unsigned long ip = _RET_IP_, number = 0;

#define ZC_LOOK(name, where)						\
	if (ip >= (unsigned long)zc_begin_##name &&			\
	    ip < (unsigned long)zc_end_##name) {			\
		number += ip - (unsigned long)zc_begin_##name;		\
		goto found;						\
	}								\
	number += (unsigned long)zc_end_##name - (unsigned long)zc_begin_##name;
	ZC_SECTIONS(ZC_LOOK)
	return;

found:
	if (number < ZC_MARKS && !READ_ONCE(zc_marks[number]))
		WRITE_ONCE(zc_marks[number], 1);
}
