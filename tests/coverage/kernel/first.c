// SPDX-License-Identifier: GPL-2.0
#include "sections.h"

#define ZC_BEGIN(name, where) \
	__attribute__((section(where))) void zc_begin_##name(void) {}
ZC_SECTIONS(ZC_BEGIN)
