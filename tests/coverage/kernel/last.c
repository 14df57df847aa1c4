// SPDX-License-Identifier: GPL-2.0
#include "sections.h"

#define ZC_END(name, where) \
	__attribute__((section(where))) void zc_end_##name(void) {}
ZC_SECTIONS(ZC_END)
